import { Link } from "@/components/link";
import { getWords } from "@/messages/words";
import { startOver } from "./actions";

/** What each step of a login offers besides its own method. */
export async function WaysOut({
  showMethods = true,
  showLost = false,
  showHelp = false,
}: {
  showMethods?: boolean;
  showLost?: boolean;
  showHelp?: boolean;
}) {
  const words = await getWords("verify");
  return (
    <div className="flex flex-col items-start gap-1 text-sm">
      {showMethods && <Way href="/login/verify/methods">{words("chooseAnother")}</Way>}
      {showLost && <Way href="/login/verify/lost">{words("lost")}</Way>}
      {showHelp && <Way href="/help/recovery-codes">{words("help")}</Way>}
      <form action={startOver}>
        <button type="submit" className="link min-h-10 cursor-pointer">
          {words("startOver")}
        </button>
      </form>
    </div>
  );
}

function Way({ href, children }: { href: string; children: string }) {
  return (
    <Link className="link inline-flex min-h-10 items-center" href={href}>
      {children}
    </Link>
  );
}
