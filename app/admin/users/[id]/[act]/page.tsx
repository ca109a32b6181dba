import { notFound } from "next/navigation";
import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { findAccountAct, parseAccountAct } from "@/lib/admin/administer-account";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { requireStrongSession } from "@/lib/auth/current-session";
import { findKeptForm } from "@/lib/auth/kept-form";
import { getWords } from "@/messages/words";
import { HelpFrame } from "../help-frame";
import { parsePersonId, personPath } from "../person-path";
import { administer } from "./actions";

/** What takes something away from the person. */
const TAKES = ["remove-administrator", "disable", "end-sessions"];

export async function generateMetadata({ params }: PageProps<"/admin/users/[id]/[act]">) {
  const act = parseAccountAct((await params).act);
  const words = await getWords("person");
  return { title: act ? words(`acts.${act}.title`) : words("title") };
}

export default async function AccountActPage({ params }: PageProps<"/admin/users/[id]/[act]">) {
  const { id, act } = await readAct(params);
  const path = id && act ? personPath(id, act) : "/admin";
  const session = await requireAdministratorSession(path);
  if (!id || !act) notFound();
  await requireStrongSession(path, "unrestricted");
  const found = (await findAccountAct({ session, userId: id, act })) ?? notFound();
  const { reason } = await findKeptForm(session, path);
  const words = await getWords("person");
  const { name, email, refusal } = found;
  return (
    <HelpFrame title={words(`acts.${act}.title`)} person={{ id, name, email }}>
      {refusal ? (
        <Notice tone="info">{words(`refusals.${refusal}`)}</Notice>
      ) : (
        <section className="card space-y-5">
          <Notice tone={TAKES.includes(act) ? "warning" : "info"}>
            {words(`acts.${act}.text`, { name })}
          </Notice>
          <Form
            action={administer}
            tone={TAKES.includes(act) ? "danger" : "primary"}
            texts={await getFormTexts(words(`acts.${act}.submit`))}
            fields={[
              {
                name: "reason",
                label: words("reason"),
                type: "multiline",
                hint: words("reasonHint"),
                value: reason,
              },
              { name: "user", label: "", type: "hidden", value: id },
              { name: "act", label: "", type: "hidden", value: act },
            ]}
          />
        </section>
      )}
    </HelpFrame>
  );
}

async function readAct(params: Promise<{ id: string; act: string }>) {
  const { id, act } = await params;
  return { id: parsePersonId(id), act: parseAccountAct(act) };
}
