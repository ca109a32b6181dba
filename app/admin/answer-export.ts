import "server-only";
import { currentAdministrator } from "@/lib/auth/administration";
import { type CurrentSession, loginPath } from "@/lib/auth/current-session";
import { NotAdministrator } from "@/lib/auth/hold-administrator";
import { isOwnOrigin, requestSource } from "@/lib/auth/request";
import { SessionOver } from "@/lib/auth/session-rows";
import type { RequestSource } from "@/lib/request-source";
import { getDates, getWords } from "@/messages/words";

/**
 * Answers an administrator's form with a CSV file that is written while it is read. Others are led to the
 * login page, or refused with 403; nobody's POST from elsewhere is heard.
 */
export async function answerExport(
  request: Request,
  {
    path,
    fileName,
    run,
  }: {
    /** The page whose form it is. */
    path: string;
    fileName: string;
    run: (request: {
      text: (name: string) => string | undefined;
      session: CurrentSession;
      from: RequestSource;
    }) => Promise<ReadableStream<Uint8Array>>;
  },
): Promise<Response> {
  if (!isOwnOrigin(request.headers)) return refuse();
  const form = await request.formData().catch(() => new FormData());
  const text = (name: string) => {
    const value = form.get(name);
    return typeof value === "string" ? value : undefined;
  };
  try {
    const session = await currentAdministrator();
    const file = await run({ text, session, from: await requestSource() });
    const day = (await getDates()).isoDay(new Date());
    return new Response(file, {
      headers: {
        "content-type": "text/csv; charset=utf-8",
        "content-disposition": `attachment; filename="sparekey-${fileName}-${day}.csv"`,
        "cache-control": "no-store",
      },
    });
  } catch (error) {
    if (error instanceof NotAdministrator) return refuse();
    if (error instanceof SessionOver) {
      return new Response(null, { status: 303, headers: { location: loginPath(path) } });
    }
    throw error;
  }
}

async function refuse(): Promise<Response> {
  const words = await getWords("errors");
  return new Response(`${words("forbidden")}\n`, {
    status: 403,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" },
  });
}
