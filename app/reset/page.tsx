import { KeyRound, Unlink } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { FocusedPage } from "@/components/focused-page";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { readLinkToken } from "@/lib/auth/cookies";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { findPasswordReset } from "@/lib/auth/reset-password";
import { getWords } from "@/messages/words";
import { setNewPassword } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("forgot"))("chooseTitle") };
}

export default async function ResetPage() {
  await requireAdministrator();
  const reset = await findPasswordReset((await readLinkToken()) ?? "");
  const words = await getWords("forgot");
  const product = (await getWords("product"))("name");
  if (!reset) {
    return (
      <FocusedPage product={product}>
        <StepCard icon={Unlink} title={words("overTitle")} intro={words("over")}>
          <Link className="button button-primary w-full" href="/forgot">
            {words("again")}
          </Link>
          <p className="text-sm">
            <Link className="link" href="/login">
              {words("back")}
            </Link>
          </p>
        </StepCard>
      </FocusedPage>
    );
  }
  const { email } = reset;
  return (
    <FocusedPage product={product}>
      <StepCard
        icon={KeyRound}
        title={words("chooseTitle")}
        account={words("chooseFor", { email })}
        intro={words("chooseIntro")}
      >
        <Form
          action={setNewPassword}
          texts={await getFormTexts(words("set"))}
          fields={[
            { name: "username", label: "", type: "username", value: email },
            {
              name: "next",
              label: words("next"),
              type: "password",
              autoComplete: "new-password",
              hint: (await getWords("form"))("passwordHint"),
              autoFocus: true,
            },
          ]}
        />
      </StepCard>
    </FocusedPage>
  );
}
