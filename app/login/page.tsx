import { LogIn } from "lucide-react";
import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { getCeremonyTexts } from "@/app/verification/security-key-texts";
import { FocusedPage } from "@/components/focused-page";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { StepCard } from "@/components/step-card";
import { isSignupOpen } from "@/lib/auth/accounts";
import { currentSession } from "@/lib/auth/current-session";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { HOME_PATH, parseReturnPath } from "@/lib/auth/return-path";
import { areSecurityKeysPossible } from "@/lib/mfa/relying-party";
import { getWords } from "@/messages/words";
import { logIn } from "./actions";
import { PasskeyLogin, type PasskeyTexts } from "./passkey-login";

const REASONS = ["expired", "denied", "loggedOut", "reset", "deleted"] as const;

export async function generateMetadata() {
  return { title: (await getWords("login"))("title") };
}

export default async function LoginPage({ searchParams }: PageProps<"/login">) {
  await requireAdministrator();
  const { return: returnParam, why } = await searchParams;
  const returnPath = parseReturnPath(returnParam);
  const reason = REASONS.find((known) => known === why);
  if (await currentSession()) redirect(returnPath);

  const words = await getWords("login");
  const form = await getWords("form");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      <StepCard icon={LogIn} title={words("title")}>
        {reason && <Notice tone="info">{words(reason)}</Notice>}
        <Form
          action={logIn}
          texts={await getFormTexts(words("submit"))}
          fields={[
            {
              name: "email",
              label: form("email"),
              type: "email",
              autoComplete: "username webauthn",
              autoFocus: true,
            },
            {
              name: "password",
              label: form("password"),
              type: "password",
              autoComplete: "current-password",
            },
            ...(returnPath === HOME_PATH
              ? []
              : [{ name: "return", label: "", type: "hidden" as const, value: returnPath }]),
          ]}
        >
          <p className="text-sm">
            <Link className="link" href="/forgot">
              {(await getWords("forgot"))("link")}
            </Link>
          </p>
          {isSignupOpen() && (
            <p className="text-sm text-muted">
              {words("noAccount")}{" "}
              <Link className="link" href="/signup">
                {words("signUp")}
              </Link>
            </p>
          )}
        </Form>
        {areSecurityKeysPossible() && (
          <PasskeyLogin returnTo={returnPath} texts={await getPasskeyTexts()} />
        )}
      </StepCard>
    </FocusedPage>
  );
}

async function getPasskeyTexts(): Promise<PasskeyTexts> {
  const words = await getWords("securityKeys");
  return {
    ...(await getCeremonyTexts()),
    submit: words("usePasskey"),
    help: words("usePasskeyHelp"),
    waiting: words("waiting"),
  };
}
