import { redirect } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import {
  countCodesLeft,
  findEnrolledMethods,
  hasMfa,
  meetsPolicy,
  without,
} from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { methodFields, methodPath } from "../../method-path";
import { methodWord } from "../../method-word";
import { findMethod, readRequestedMethod } from "../requested-method";
import { remove } from "./actions";

export async function generateMetadata(props: PageProps<"/account/mfa/[method]/remove">) {
  const { method } = await readRequestedMethod(props);
  return { title: (await getWords("removeMethod"))("title", { method: methodWord(method) }) };
}

export default async function RemoveMethodPage(props: PageProps<"/account/mfa/[method]/remove">) {
  const requested = await readRequestedMethod(props);
  const path = methodPath(requested, "remove");
  const session = await requireStrongSession(path, "unrestricted");
  const { endOthers = "on" } = await findKeptForm(session, path);
  const methods = await findEnrolledMethods(session.userId);
  const found = findMethod(methods, requested) ?? redirect("/account/mfa");
  const left = without(methods, requested);
  const isLast = !hasMfa(left);
  const unused = countCodesLeft(methods);
  const words = await getWords("removeMethod");
  const named = { method: methodWord(requested.method), name: found.name };
  if (!meetsPolicy(left)) return <Needed title={words("title", named)} name={found.name} />;
  return (
    <div className="space-y-6">
      <h1>{words("title", named)}</h1>
      <section className="card max-w-120 space-y-5">
        {isLast ? (
          <>
            <Notice tone="danger" title={words("consequence")}>
              {words("ends", { unused })}
            </Notice>
            <p className="text-muted">{words("rather", named)}</p>
          </>
        ) : (
          <Notice tone="warning">{words("othersStay", { ...named, unused })}</Notice>
        )}
        <Form
          action={remove}
          tone="danger"
          texts={await getFormTexts(words("submit", named))}
          fields={[
            { name: "endOthers", label: words("endOthers"), type: "checkbox", value: endOthers },
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

/** The policy demands a method, and this is the last one that counts. */
async function Needed({ title, name }: { title: string; name: string | undefined }) {
  const words = await getWords("removeMethod");
  return (
    <div className="space-y-6">
      <h1>{title}</h1>
      <section className="card max-w-120 space-y-5">
        {name && <p className="font-medium">{name}</p>}
        <Notice tone="warning">{words("needed")}</Notice>
        <Link className="button button-secondary" href="/account/mfa">
          {words("back")}
        </Link>
      </section>
    </div>
  );
}
