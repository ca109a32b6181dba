import { CircleAlert } from "lucide-react";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import type { EnrollmentDuty } from "@/lib/mfa/enrollment-duty";
import { getDates, getWords } from "@/messages/words";

/** What the policy still wants the person to enroll, above all else; `linked` where it is done elsewhere. */
export async function EnrollmentDutyNotice({
  duty,
  linked,
}: {
  duty: EnrollmentDuty;
  linked?: true;
}) {
  const { title, help } = await describeDuty(duty);
  return (
    <Notice tone="warning" title={title}>
      {help}
      {(linked || !duty.missing.includes("method")) && (
        <>
          {" "}
          <DutyLink duty={duty} className="link" />
        </>
      )}
    </Notice>
  );
}

/** The same as the one thing to do on the page. */
export async function EnrollmentDutyCard({ duty }: { duty: EnrollmentDuty }) {
  const { title, help } = await describeDuty(duty);
  return (
    <section className="card flex flex-col items-start gap-4 sm:flex-row sm:gap-5">
      <CircleAlert
        aria-hidden="true"
        size={32}
        strokeWidth={1.5}
        className="shrink-0 text-warning"
      />
      <div className="space-y-4">
        <div className="space-y-1">
          <h2>{title}</h2>
          <p className="text-muted">{help}</p>
        </div>
        <DutyLink duty={duty} className="button button-primary" />
      </div>
    </section>
  );
}

async function DutyLink({ duty, className }: { duty: EnrollmentDuty; className: string }) {
  return duty.missing.includes("method") ? (
    <Link href="/account/mfa" className={className}>
      {(await getWords("account"))("setupMfa")}
    </Link>
  ) : (
    <Link href="/account/mfa/recovery-codes" className={className}>
      {(await getWords("policy"))("dutyCodesLink")}
    </Link>
  );
}

async function describeDuty({ missing, due, counting }: EnrollmentDuty) {
  const words = await getWords("policy");
  const dates = await getDates();
  const date = dates.day(due);
  const isDue = due <= new Date();
  if (!missing.includes("method")) {
    return isDue
      ? { title: words("dutyCodes"), help: words("dutyCodesHelp") }
      : { title: words("dutyCodesBy", { date }), help: words("dutyCodesByHelp") };
  }
  const methods = dates.listAny(counting.map((method) => words(method)));
  const help = isDue
    ? words("dutyMethodHelp", { methods })
    : words("dutyMethodByHelp", { methods });
  return {
    title: isDue ? words("dutyMethod") : words("dutyMethodBy", { date }),
    help: missing.includes("codes") ? `${help} ${words("dutyThenCodes")}` : help,
  };
}
