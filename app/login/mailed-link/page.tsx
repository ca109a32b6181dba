import { LogIn, MailCheck, Unlink } from "lucide-react";
import { ButtonForm } from "@/components/button-form";
import { FocusedPage } from "@/components/focused-page";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { readLinkToken } from "@/lib/auth/cookies";
import { currentChallenge } from "@/lib/auth/current-challenge";
import { findMailedLinkState } from "@/lib/auth/log-in-with-mailed-link";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { getWords } from "@/messages/words";
import { goOnWithLink } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lockedOut"))("followTitle") };
}

/** Asks before a mailed link is used, which mail scanners follow too. */
export default async function MailedLinkPage() {
  await requireAdministrator();
  const challenge = await currentChallenge();
  const state = await findMailedLinkState((await readLinkToken()) ?? "", challenge);
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      {state === "ready" && challenge ? (
        <GoOn email={challenge.email} />
      ) : (
        <Refused state={state === "over" ? "over" : "needsPassword"} />
      )}
    </FocusedPage>
  );
}

async function GoOn({ email }: { email: string }) {
  const words = await getWords("lockedOut");
  return (
    <StepCard
      icon={MailCheck}
      title={words("followTitle")}
      account={words("followFor", { email })}
      intro={words("followIntro")}
    >
      <ButtonForm
        action={goOnWithLink}
        className="button button-primary w-full"
        texts={{ submit: words("followSubmit"), working: (await getWords("form"))("working") }}
      />
    </StepCard>
  );
}

/** Nothing is spent: the link still works in the browser that has the password. */
async function Refused({ state }: { state: "over" | "needsPassword" }) {
  const words = await getWords("lockedOut");
  return (
    <StepCard
      icon={state === "over" ? Unlink : LogIn}
      title={words(`${state}Title`)}
      intro={words(state)}
    >
      <Link className="button button-primary w-full" href="/login">
        {words("needsPasswordLink")}
      </Link>
    </StepCard>
  );
}
