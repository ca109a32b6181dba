import { notFound, redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { requireSession } from "@/lib/auth/current-session";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { methodFields, methodPath } from "../../method-path";
import { methodWord } from "../../method-word";
import { findMethod, readRequestedMethod } from "../requested-method";
import { rename } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("renameMethod"))("title") };
}

export default async function RenameMethodPage(props: PageProps<"/account/mfa/[method]/rename">) {
  const requested = await readRequestedMethod(props);
  const { userId } = await requireSession(methodPath(requested, "rename"));
  if (!requested.id) notFound();
  const methods = await findEnrolledMethods(userId);
  const found = findMethod(methods, requested) ?? redirect("/account/mfa");
  const words = await getWords("renameMethod");
  return (
    <div className="space-y-6">
      <h1>{words("title")}</h1>
      <section className="card max-w-120 space-y-5">
        <Form
          action={rename}
          texts={await getFormTexts(words("submit"))}
          fields={[
            {
              name: "name",
              label: words("name"),
              hint: words("hint", { method: methodWord(requested.method) }),
              value: found.name,
              autoFocus: true,
            },
            ...methodFields(requested),
          ]}
        >
          <Link className="button w-full" href="/account/mfa">
            {(await getWords("appEnrollment"))("cancel")}
          </Link>
        </Form>
      </section>
    </div>
  );
}
