import type { NextRequest } from "next/server";
import { followMailLink } from "@/app/follow-mail-link";
import { findMailLink } from "@/lib/notices/mail-links";

export async function GET(request: NextRequest): Promise<Response> {
  const token = request.nextUrl.searchParams.get("token") ?? "";
  const change = await findMailLink(token, "confirm-address-change");
  return followMailLink(token, change ? "/address/change" : "/address/verify");
}
