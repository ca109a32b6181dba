import { UserPlus } from "lucide-react";
import { notFound } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { FocusedPage } from "@/components/focused-page";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { isSignupOpen } from "@/lib/auth/accounts";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { getWords } from "@/messages/words";
import { signUp } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("signup"))("title") };
}

export default async function SignupPage() {
  await requireAdministrator();
  if (!isSignupOpen()) notFound();
  const words = await getWords("signup");
  const form = await getWords("form");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      <StepCard icon={UserPlus} title={words("title")}>
        <Form
          action={signUp}
          texts={await getFormTexts(words("submit"))}
          fields={[
            { name: "name", label: form("name"), autoComplete: "name", autoFocus: true },
            { name: "email", label: form("email"), type: "email", autoComplete: "username" },
            {
              name: "password",
              label: form("password"),
              type: "password",
              autoComplete: "new-password",
              hint: form("passwordHint"),
            },
          ]}
        >
          <p className="text-sm text-muted">
            {words("haveAccount")}{" "}
            <Link className="link" href="/login">
              {words("logIn")}
            </Link>
          </p>
        </Form>
      </StepCard>
    </FocusedPage>
  );
}
