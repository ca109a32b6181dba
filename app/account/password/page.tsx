import { getFormTexts } from "@/app/form-texts";
import { UnsavedSet } from "@/app/unsaved-set";
import { Form } from "@/components/form";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import { getWords } from "@/messages/words";
import { changeOwnPassword } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("password"))("title") };
}

export default async function PasswordPage() {
  const session = await requireStrongSession("/account/password", "fresh");
  const { endOthers = "on" } = await findKeptForm(session, "/account/password");
  const words = await getWords("password");
  return (
    <div className="space-y-6">
      <h1>{words("title")}</h1>
      <UnsavedSet userId={session.userId} />
      <section className="card max-w-120">
        <Form
          action={changeOwnPassword}
          texts={await getFormTexts(words("submit"))}
          fields={[
            { name: "username", label: "", type: "username", value: session.email },
            {
              name: "current",
              label: words("current"),
              type: "password",
              autoComplete: "current-password",
            },
            {
              name: "next",
              label: words("next"),
              type: "password",
              autoComplete: "new-password",
              hint: (await getWords("form"))("passwordHint"),
            },
            { name: "endOthers", label: words("endOthers"), type: "checkbox", value: endOthers },
          ]}
        />
      </section>
    </div>
  );
}
