import type { NextRequest } from "next/server";
import { followMailLink } from "@/app/follow-mail-link";

export async function GET(request: NextRequest): Promise<Response> {
  return followMailLink(request.nextUrl.searchParams.get("token") ?? "", "/invitation");
}
