import { KeyRound } from "lucide-react";
import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { FocusedPage } from "@/components/focused-page";
import { Form } from "@/components/form";
import { StepCard } from "@/components/step-card";
import { administratorExists } from "@/lib/auth/setup-token";
import { getWords } from "@/messages/words";
import { createFirstAdministrator } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("setup"))("title") };
}

export default async function SetupPage() {
  if (await administratorExists()) redirect("/login");
  const words = await getWords("setup");
  const form = await getWords("form");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      <StepCard icon={KeyRound} title={words("title")} intro={words("intro")}>
        <Form
          action={createFirstAdministrator}
          texts={await getFormTexts(words("submit"))}
          fields={[
            { name: "token", label: words("token"), hint: words("tokenHint"), autoFocus: true },
            { name: "name", label: form("name"), autoComplete: "name" },
            { name: "email", label: form("email"), type: "email", autoComplete: "username" },
            {
              name: "password",
              label: form("password"),
              type: "password",
              autoComplete: "new-password",
              hint: form("passwordHint"),
            },
          ]}
        />
      </StepCard>
    </FocusedPage>
  );
}
