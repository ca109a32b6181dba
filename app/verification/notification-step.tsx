import { BellRing } from "lucide-react";
import type { ReactNode } from "react";
import { drawQr } from "@/app/qr-drawing";
import type { FormAction } from "@/components/form";
import { StepCard } from "@/components/step-card";
import { config } from "@/lib/config";
import {
  findApprovalRefusal,
  findShownRequest,
  type ShownRequest,
} from "@/lib/mfa/approval-requests";
import { listSparekeyAuthenticators } from "@/lib/mfa/sparekey-authenticators";
import { getDates, getWords } from "@/messages/words";
import { describeApprovalRefusal } from "./describe-approval-refusal";
import { getNotificationTexts } from "./notification-texts";
import { NotificationWait, type WaitedRequest } from "./notification-wait";

/**
 * Shows the number of the open notification and waits for its answer, or offers to send one, at a login and
 * at a step-up. Opening it sends nothing.
 */
export async function NotificationStep({
  userId,
  account,
  challenge,
  occasion,
  actions,
  paths,
  query = {},
  shown,
  children,
}: {
  userId: string;
  account: string;
  /** Whose newest notification is shown; none while a step-up is not begun. */
  challenge: { id: string } | undefined;
  occasion: "login" | "step-up";
  actions: { send: FormAction; proceed: FormAction };
  /** Without `methods`, no other method may be chosen. */
  paths: { step: string; methods: string | undefined; done: string };
  /** Sent along with each form. */
  query?: Record<string, string>;
  /** What the page's address says: `help=open`, and `sent` after a button sent one. */
  shown: Record<string, string | string[] | undefined>;
  /** The ways out. */
  children: ReactNode;
}) {
  const request = challenge && (await findShownRequest({ id: challenge.id, userId }));
  const refusal = await findApprovalRefusal(userId);
  const words = await getWords("approval");
  const phones = await listSparekeyAuthenticators(userId);
  const working = phones.filter(({ suspendedAt }) => !suspendedAt);
  const names = (await getDates()).list(working.map(({ name }) => name));
  const waiting = working.some(({ hasPush }) => hasPush) ? "introWaiting" : "introOpen";
  return (
    <StepCard icon={BellRing} title={words("title")} account={account}>
      <NotificationWait
        request={request && (await toWaited(request))}
        intros={
          working.length > 0
            ? { waiting: words(waiting, { names }), send: words("introSend", { names }) }
            : undefined
        }
        refusal={refusal && (await describeApprovalRefusal(refusal))}
        actions={actions}
        paths={paths}
        query={query}
        isHelpOpen={shown.help === "open"}
        wasSentNow={shown.sent !== undefined}
        texts={await getNotificationTexts(occasion)}
      >
        {children}
      </NotificationWait>
    </StepCard>
  );
}

async function toWaited({ id, state, number, expiresAt }: ShownRequest): Promise<WaitedRequest> {
  const words = await getWords("approval");
  const secondsLeft = Math.max(0, (expiresAt.getTime() - Date.now()) / 1000);
  if (!number) return { id, state, secondsLeft };
  return {
    id,
    state,
    secondsLeft,
    shown: {
      number: `${number.slice(0, 3)} ${number.slice(3)}`,
      spoken: words("number", { digits: [...number].join(" ") }),
      qr: drawQr(`${config().APP_URL}/authenticator#approve=${id}.${number}`),
    },
  };
}
