import { CircleUser, Unlink, UserPlus } from "lucide-react";
import { getFormTexts } from "@/app/form-texts";
import { FocusedPage } from "@/components/focused-page";
import { Form } from "@/components/form";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { readLinkToken } from "@/lib/auth/cookies";
import { requireAdministrator } from "@/lib/auth/require-administrator";
import { findInvitation } from "@/lib/notices/invitations";
import { getWords } from "@/messages/words";
import { acceptInvitation } from "./actions";

export async function generateMetadata() {
  return { title: (await getWords("invitations"))("acceptTitle") };
}

export default async function InvitationPage({ searchParams }: PageProps<"/invitation">) {
  await requireAdministrator();
  const invitation = await findInvitation((await readLinkToken()) ?? "");
  const words = await getWords("invitations");
  const form = await getWords("form");
  const product = (await getWords("product"))("name");
  if (!invitation) {
    const isTaken = (await searchParams).why === "taken";
    return (
      <FocusedPage product={product}>
        <StepCard
          icon={isTaken ? CircleUser : Unlink}
          title={words(isTaken ? "takenTitle" : "overTitle")}
          intro={words(isTaken ? "taken" : "over")}
        >
          <Link className="button button-primary w-full" href="/login">
            {words("logIn")}
          </Link>
        </StepCard>
      </FocusedPage>
    );
  }
  const { email, role } = invitation;
  return (
    <FocusedPage product={product}>
      <StepCard
        icon={UserPlus}
        title={words("acceptTitle")}
        account={words("acceptFor", { email })}
        intro={words("acceptIntro", { role })}
      >
        <Form
          action={acceptInvitation}
          texts={await getFormTexts(words("acceptSubmit"))}
          fields={[
            { name: "username", label: "", type: "username", value: email },
            { name: "name", label: form("name"), autoComplete: "name", autoFocus: true },
            {
              name: "password",
              label: form("password"),
              type: "password",
              autoComplete: "new-password",
              hint: form("passwordHint"),
            },
          ]}
        />
      </StepCard>
    </FocusedPage>
  );
}
