import { CircleAlert, type LucideIcon, ShieldCheck, ShieldQuestion } from "lucide-react";
import { UnsavedSet } from "@/app/unsaved-set";
import { Link } from "@/components/link";
import { Notice } from "@/components/notice";
import { requireSession } from "@/lib/auth/current-session";
import { findEnrollmentDuty } from "@/lib/mfa/enrollment-duty";
import { isProvedByCode } from "@/lib/mfa/method-names";
import {
  acceptedMethods,
  countCodesLeft,
  type EnrolledMethods,
  findEnrolledMethods,
  firstMethod,
  hasMfa,
  isUsable,
  otherWayIn,
  setsWithCodes,
} from "@/lib/mfa/methods";
import { currentPolicy } from "@/lib/mfa/policy";
import type { RecoveryCodeSetSummary } from "@/lib/mfa/recovery-code-sets";
import { getDates, getWords } from "@/messages/words";
import { DeleteLink } from "./delete-link";
import { EnrollmentDutyCard, EnrollmentDutyNotice } from "./enrollment-duty";
import { methodOfSession } from "./method-of-session";
import { UnverifiedAddress } from "./unverified-address";

export async function generateMetadata() {
  return { title: (await getWords("account"))("title") };
}

export default async function AccountPage({ searchParams }: PageProps<"/account">) {
  const session = await requireSession("/account");
  const { done } = await searchParams;
  const methods = await findEnrolledMethods(session.userId);
  const duty = await findEnrollmentDuty(session.userId);
  const isDue = duty !== undefined && duty.due <= new Date();
  const protection = isDue ? undefined : await describeProtection(methods);
  const newestSet = methods.replacement ?? methods.recoveryCodes;
  const isUnsavedSetTold = protection?.unsavedSet?.id === newestSet?.id;
  const words = await getWords("account");
  const dates = await getDates();
  const isByTemporaryCode = session.amr.includes("temporary");
  return (
    <div className="space-y-8">
      <h1>{words("title")}</h1>
      {duty && !isDue && <EnrollmentDutyNotice duty={duty} linked />}
      <UnverifiedAddress userId={session.userId} />
      {done === "password" && (
        <Notice tone="success" announce="status">
          {words("passwordChanged")}
        </Notice>
      )}
      {done === "role" && (
        <Notice tone="success" announce="status">
          {words("roleGivenUp")}
        </Notice>
      )}
      {isProvedByCode(session.amr) && (
        <Notice tone="info">
          {words(isByTemporaryCode ? "restrictedTemporary" : "restricted")}{" "}
          <Link className="link" href="/account/recovered">
            {words("recoveredLink")}
          </Link>
        </Notice>
      )}
      {!isUnsavedSetTold && <UnsavedSet userId={session.userId} />}
      {protection ? (
        <Protection methods={methods} protection={protection} />
      ) : (
        duty && <EnrollmentDutyCard duty={duty} />
      )}
      <section className="card space-y-4">
        <h2>{words("profile")}</h2>
        <dl className="grid gap-x-6 gap-y-0.5 text-sm sm:gap-y-3 sm:grid-cols-[9rem_1fr]">
          <Fact name={(await getWords("form"))("name")}>{session.name}</Fact>
          <Fact name={(await getWords("form"))("email")}>{session.email}</Fact>
          <Fact name={words("role")}>{words(`role${session.role}`)}</Fact>
          <Fact name={words("session")}>
            <time dateTime={session.authTime.toISOString()} title={session.authTime.toUTCString()}>
              {words("sessionSince", { time: dates.ago(session.authTime) })}
            </time>
          </Fact>
          <Fact name={words("sessionWith")}>{words(methodOfSession(session.amr))}</Fact>
        </dl>
      </section>
      <DeleteLink />
    </div>
  );
}

function Fact({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-muted">{name}</dt>
      <dd className="mb-3 min-w-0 sm:mb-0">{children}</dd>
    </div>
  );
}

/** One sentence about what a lost phone would mean today, and the one button that mends it. */
async function Protection({
  methods,
  protection: { icon: Icon, tone, title, help },
}: {
  methods: EnrolledMethods;
  protection: ProtectionState;
}) {
  const words = await getWords("account");
  const link = hasMfa(methods) ? words("manageMfa") : words("setupMfa");
  return (
    <section className="card flex flex-col items-start gap-4 sm:flex-row sm:gap-5">
      <Icon aria-hidden="true" size={32} strokeWidth={1.5} className={`shrink-0 ${tone}`} />
      <div className="space-y-4">
        <div className="space-y-1">
          <h2>{title}</h2>
          <p className="text-muted">{help}</p>
        </div>
        <Link href="/account/mfa" className="button button-primary">
          {link}
        </Link>
      </div>
    </section>
  );
}

type ProtectionState = {
  icon: LucideIcon;
  tone: string;
  title: string;
  help: string;
  /** The set that it says is not marked as saved, if it says that. */
  unsavedSet?: RecoveryCodeSetSummary;
};

async function describeProtection(methods: EnrolledMethods): Promise<ProtectionState> {
  const words = await getWords("account");
  const { recoveryCodes } = methods;
  if (!hasMfa(methods)) {
    return {
      icon: ShieldQuestion,
      tone: "text-warning",
      title: words("stateNone"),
      help: words("stateNoneHelp"),
    };
  }
  if (!firstMethod(methods)) {
    return {
      icon: CircleAlert,
      tone: "text-danger",
      title: words("stateSuspended"),
      help: words("stateSuspendedHelp"),
    };
  }
  const other = otherWayIn(methods);
  if (other && !isUsable(methods, "recovery-codes")) {
    return {
      icon: ShieldCheck,
      tone: "text-success",
      title: words("stateSafe"),
      help: words(other === "notification" ? "stateSafePhoneHelp" : "stateSafeKeyHelp"),
    };
  }
  if (recoveryCodes && !acceptedMethods(methods).includes("recovery-codes")) {
    return {
      icon: CircleAlert,
      tone: "text-danger",
      title: words("stateNotAccepted"),
      help: words("stateNotAcceptedHelp"),
    };
  }
  if (recoveryCodes?.disabled) {
    return {
      icon: CircleAlert,
      tone: "text-danger",
      title: words("stateDisabled"),
      help: words("stateDisabledHelp"),
    };
  }
  const [set] = setsWithCodes(methods);
  if (!set) {
    return {
      icon: CircleAlert,
      tone: "text-danger",
      title: words("stateNoCodes"),
      help: words("stateNoCodesHelp"),
    };
  }
  const { letter, left } = set;
  if (!set.confirmedAt) {
    return {
      icon: CircleAlert,
      tone: "text-warning",
      title: words("stateUnsaved", { letter }),
      help: words("stateUnsavedHelp"),
      unsavedSet: set,
    };
  }
  if (countCodesLeft(methods) <= (await currentPolicy()).lowCodes) {
    return {
      icon: CircleAlert,
      tone: "text-warning",
      title: words("stateFew"),
      help: words("stateFewHelp", { left, letter }),
    };
  }
  return {
    icon: ShieldCheck,
    tone: "text-success",
    title: words("stateSafe"),
    help: words("stateSafeHelp", { left, letter }),
  };
}
