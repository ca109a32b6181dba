import Link from "next/link";
import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { removeApp } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("removeApp"))("title") };
}

export default async function RemoveAppPage() {
  const session = await requireStrongSession(
    "/account/mfa/authenticator-app/remove",
    "unrestricted",
  );
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
          texts={await getFormTexts(words("submit"))}
          fields={[{ name: "endOthers", label: words("endOthers"), type: "checkbox", value: "on" }]}
        >
          <Link className="button w-full" href="/account/mfa">
            {(await getWords("appEnrollment"))("cancel")}
          </Link>
        </Form>
      </section>
    </div>
  );
}
