import { redirect } from "next/navigation";
import { NotificationStep } from "@/app/verification/notification-step";
import { requireLoginChallenge } from "@/lib/auth/current-challenge";
import { findEnrolledMethods } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { WaysOut } from "../ways-out";
import { proceed, sendNotification } from "./actions";

const METHODS_PATH = "/login/verify/methods";

export async function generateMetadata() {
  return { title: (await getWords("approval"))("title") };
}

export default async function NotificationPage({
  searchParams,
}: PageProps<"/login/verify/notification">) {
  const { id, userId, email, returnTo } = await requireLoginChallenge();
  const { sparekeyAuthenticators } = await findEnrolledMethods(userId);
  if (sparekeyAuthenticators.length === 0) redirect(METHODS_PATH);
  return (
    <NotificationStep
      userId={userId}
      account={(await getWords("verify"))("account", { email })}
      challenge={{ id }}
      occasion="login"
      actions={{ send: sendNotification, proceed }}
      paths={{ step: "/login/verify/notification", methods: METHODS_PATH, done: returnTo }}
      shown={await searchParams}
    >
      <WaysOut showMethods={false} showLost />
    </NotificationStep>
  );
}
