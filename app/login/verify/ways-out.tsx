import Link from "next/link";
import { getWords } from "@/messages/words";
import { startOver } from "./actions";

/** What each step of a login offers besides its own method. */
export async function WaysOut({
  showMethods = true,
  showHelp = false,
}: {
  showMethods?: boolean;
  showHelp?: boolean;
}) {
  const words = await getWords("verify");
  return (
    <div className="flex flex-col items-start gap-1 text-sm">
      {showMethods && (
        <Link className="link inline-flex min-h-10 items-center" href="/login/verify/methods">
          {words("chooseAnother")}
        </Link>
      )}
      {showHelp && (
        <Link className="link inline-flex min-h-10 items-center" href="/help/recovery-codes">
          {words("help")}
        </Link>
      )}
      <form action={startOver}>
        <button type="submit" className="link min-h-10 cursor-pointer">
          {words("startOver")}
        </button>
      </form>
    </div>
  );
}
