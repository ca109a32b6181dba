import type { NextRequest } from "next/server";
import { followMailLink } from "@/app/follow-mail-link";
import { findMailLinkPurpose } from "@/lib/notices/mail-links";

export async function GET(request: NextRequest): Promise<Response> {
  const token = request.nextUrl.searchParams.get("token") ?? "";
  const isOfChange = (await findMailLinkPurpose(token)) === "confirm-address-change";
  return followMailLink(token, isOfChange ? "/address/change" : "/address/verify");
}
