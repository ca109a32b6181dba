import { Mail } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { FocusedPage } from "@/components/focused-page";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { getWords } from "@/messages/words";
import { askForReset } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("forgot"))("title") };
}

export default async function ForgotPage() {
  await requireAdministrator();
  const words = await getWords("forgot");
  const form = await getWords("form");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      <StepCard icon={Mail} title={words("title")} intro={words("intro")}>
        <Form
          action={askForReset}
          texts={await getFormTexts(words("submit"))}
          fields={[
            {
              name: "email",
              label: form("email"),
              type: "email",
              autoComplete: "username",
              autoFocus: true,
            },
          ]}
        >
          <p className="text-sm">
            <Link className="link" href="/login">
              {words("back")}
            </Link>
          </p>
        </Form>
      </StepCard>
    </FocusedPage>
  );
}
