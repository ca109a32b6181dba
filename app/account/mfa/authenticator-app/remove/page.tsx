import Link from "next/link";
import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { removeApp } from "./actions";

const PATH = "/account/mfa/authenticator-app/remove";

export async function generateMetadata() {
  return { title: (await getWords("removeApp"))("title") };
}

export default async function RemoveAppPage() {
  const session = await requireStrongSession(PATH, "unrestricted");
  const { endOthers = "on" } = await findKeptForm(session, PATH);
  const { authenticatorApp, recoveryCodes, replacement } = await findEnrolledMethods(
    session.userId,
  );
  if (!authenticatorApp) redirect("/account/mfa");
  const words = await getWords("removeApp");
  const unused = (recoveryCodes?.left ?? 0) + (replacement?.left ?? 0);
  return (
    <div className="space-y-6">
      <h1>{words("title")}</h1>
      <section className="card max-w-120 space-y-5">
        <Notice tone="danger" title={words("consequence")}>
          {words("ends", { unused })}
        </Notice>
        <p className="text-muted">{words("rather")}</p>
        <Form
          action={removeApp}
          tone="danger"
          texts={await getFormTexts(words("submit"))}
          fields={[
            { name: "endOthers", label: words("endOthers"), type: "checkbox", value: endOthers },
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
