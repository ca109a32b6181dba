import { getFormTexts } from "@/app/form-texts";
import { Form } from "@/components/form";
import { Notice } from "@/components/notice";
import { findOpenRequest } from "@/lib/admin/administrative-requests";
import { type LockedOutPerson, needsSecondAdministrator } from "@/lib/admin/locked-out-person";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { findKeptForm } from "@/lib/auth/kept-form";
import { getWords } from "@/messages/words";
import { describeObstacle } from "../describe-obstacle";
import { HelpFrame } from "../help-frame";
import { findHelpedPerson, helpPath } from "../helped-person";
import { OpenRequest } from "../open-request";
import { parsePersonId } from "../person-path";
import { resetMfa } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("lockedOut"))("resetTitle") };
}

export default async function ResetMfaPage({
  params,
  searchParams,
}: PageProps<"/admin/users/[id]/reset">) {
  const id = parsePersonId((await params).id);
  const path = helpPath(id, "reset");
  const session = await requireAdministratorSession(path);
  const person = await findHelpedPerson(session, id);
  const { done } = await searchParams;
  const words = await getWords("lockedOut");
  const { name } = person;
  const isDone = done === "reset" && person.isReset;
  const request = await findOpenRequest(session, "reset-mfa", person.id);
  const obstacle = await describeObstacle(person, { actorId: session.userId, act: "reset-mfa" });
  const told =
    (isDone && words("resetDone", { name })) || (done === "requested" && words("requested"));
  return (
    <HelpFrame title={words("resetTitle")} person={person} done={told || undefined}>
      {obstacle && !request && <Notice tone="warning">{obstacle}</Notice>}
      {request && <OpenRequest request={request} />}
      {!obstacle && !request && !isDone && (
        <ResetCard person={person} kept={(await findKeptForm(session, path)).reason} />
      )}
    </HelpFrame>
  );
}

async function ResetCard({
  person,
  kept,
}: {
  person: LockedOutPerson;
  /** The reason as typed before a fresh proof was asked for. */
  kept: string | undefined;
}) {
  const words = await getWords("lockedOut");
  const { id, name, email } = person;
  const isAsked = await needsSecondAdministrator(person);
  return (
    <section className="card space-y-5">
      <p>{words("resetIntro")}</p>
      <ul className="list-disc space-y-1 pl-5 text-muted">
        <li>{words("resetEffect1")}</li>
        <li>{words("resetEffect2")}</li>
        <li className="wrap-anywhere">{words("resetEffect3", { email })}</li>
        <li>{words("resetEffect4", { name })}</li>
      </ul>
      {isAsked && <Notice tone="info">{words("needsSecond")}</Notice>}
      <Form
        action={resetMfa}
        tone="danger"
        texts={await getFormTexts(words("resetSubmit"))}
        fields={[
          { name: "person", label: "", type: "hidden", value: id },
          {
            name: "reason",
            type: "multiline",
            label: words("reason"),
            hint: words("reasonHint", { name }),
            ...(kept !== undefined && { value: kept }),
          },
        ]}
      />
    </section>
  );
}
