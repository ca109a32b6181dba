import { getFormTexts } from "@/app/form-texts";
import { ButtonForm } from "@/components/button-form";
import type { Field } from "@/components/form";
import { Notice } from "@/components/notice";
import { findOpenRequest, type ListedRequest } from "@/lib/admin/administrative-requests";
import { type LockedOutPerson, needsSecondAdministrator } from "@/lib/admin/locked-out-person";
import { requireAdministratorSession } from "@/lib/auth/administration";
import { findKeptForm } from "@/lib/auth/kept-form";
import { findLiveTemporaryCode, findNewestTemporaryCodeId } from "@/lib/mfa/temporary-codes";
import { getDates, getWords } from "@/messages/words";
import { describeObstacle } from "../describe-obstacle";
import { HelpFrame } from "../help-frame";
import { findHelpedPerson, helpPath } from "../helped-person";
import { OpenRequest } from "../open-request";
import { parsePersonId } from "../person-path";
import { endCode } from "./actions";
import { TemporaryCodeStage } from "./stage";

const PAGE = "temporary-code";
const DONE = { requested: "requested", ended: "codeEnded", none: "codeNoneToEnd" } as const;

export async function generateMetadata() {
  return { title: (await getWords("lockedOut"))("codeAdminTitle") };
}

export default async function TemporaryCodePage({
  params,
  searchParams,
}: PageProps<"/admin/users/[id]/temporary-code">) {
  const id = parsePersonId((await params).id);
  const path = helpPath(id, PAGE);
  const session = await requireAdministratorSession(path);
  const person = await findHelpedPerson(session, id);
  const { done } = await searchParams;
  const words = await getWords("lockedOut");
  const told = Object.entries(DONE).find(([outcome]) => outcome === done)?.[1];
  const obstacle = await describeObstacle(person, { actorId: session.userId, act: PAGE });
  const request = await findOpenRequest(session, PAGE, person.id);
  const isApproved = request?.isApproved === true && request.requestedById === session.userId;
  return (
    <HelpFrame title={words("codeAdminTitle")} person={person} done={told && words(told)}>
      <LiveCode person={person} />
      {obstacle && <Notice tone="warning">{obstacle}</Notice>}
      {request && !isApproved && <OpenRequest request={request} />}
      {!obstacle && (!request || isApproved) && (
        <MakeCode person={person} request={request} kept={await findKeptForm(session, path)} />
      )}
    </HelpFrame>
  );
}

/** The code that works now, and the button that ends it. */
async function LiveCode({ person: { id } }: { person: LockedOutPerson }) {
  const live = await findLiveTemporaryCode(id);
  if (!live) return null;
  const words = await getWords("lockedOut");
  const until = (await getDates()).moment(live.expiresAt);
  return (
    <section className="card space-y-4">
      <p>{words("codeReplaces", { until })}</p>
      <ButtonForm
        action={endCode}
        fields={{ person: id }}
        texts={{ submit: words("codeEnd"), working: (await getWords("form"))("working") }}
      />
    </section>
  );
}

async function MakeCode({
  person,
  request,
  kept,
}: {
  person: LockedOutPerson;
  /** The approved one. */
  request: ListedRequest | undefined;
  /** What was typed before a fresh proof was asked for. */
  kept: Record<string, string>;
}) {
  const words = await getWords("lockedOut");
  const { id, name, email } = person;
  const path = helpPath(id, PAGE);
  const isAsked = !request && (await needsSecondAdministrator(person));
  const asked: Field[] = [
    {
      name: "hours",
      label: words("hours"),
      hint: words("hoursHint"),
      inputMode: "numeric",
      value: kept.hours ?? "1",
    },
    {
      name: "reason",
      type: "multiline",
      label: words("reason"),
      hint: words("reasonHint", { name }),
      value: kept.reason ?? "",
    },
  ];
  const fields: Field[] = [
    { name: "person", label: "", type: "hidden", value: id },
    {
      name: "known",
      label: "",
      type: "hidden",
      value: (await findNewestTemporaryCodeId(id)) ?? "",
    },
    ...(request ? [{ name: "approved", label: "", type: "hidden" as const, value: "yes" }] : asked),
  ];
  return (
    <TemporaryCodeStage
      fields={fields}
      texts={await getFormTexts(words("codeSubmit"))}
      shownTexts={{
        title: words("codeShownTitle", { name }),
        label: words("codeShownLabel"),
        help: words("codeShown"),
      }}
      permalink={path}
      wiped={
        <div className="card space-y-4">
          <Notice tone="info" title={words("codeWiped")} announce="status">
            {words("codeWipedHelp")}
          </Notice>
          {/* A plain link: the page is to be loaded anew. */}
          <a className="button button-primary" href={path}>
            {words("codeBack")}
          </a>
        </div>
      }
    >
      <p className="wrap-anywhere">
        {request ? words("codeApproved", { name }) : words("codeAdminIntro", { email })}
      </p>
      {isAsked && <Notice tone="info">{words("needsSecond")}</Notice>}
    </TemporaryCodeStage>
  );
}
