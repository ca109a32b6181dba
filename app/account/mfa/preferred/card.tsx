import { getFormTexts } from "@/app/form-texts";
import { ChoiceForm } from "@/components/choice-form";
import { preferableMethods } from "@/lib/auth/prefer-method";
import { type EnrolledMethods, enrolledMethods, firstMethod } from "@/lib/mfa/methods";
import { getWords } from "@/messages/words";
import { methodWord } from "../method-word";
import { choosePreferred } from "./actions";

/** Which method a login begins with, once there is a choice. */
export async function PreferredCard({ methods }: { methods: EnrolledMethods }) {
  const choices = preferableMethods(enrolledMethods(methods));
  if (choices.length < 2) return null;
  const words = await getWords("mfa");
  return (
    <section className="card space-y-4">
      <div className="space-y-1">
        <h2>{words("preferred")}</h2>
        <p className="text-sm text-muted">{words("preferredHelp")}</p>
      </div>
      <ChoiceForm
        action={choosePreferred}
        name="method"
        legend={words("preferred")}
        chosen={methods.preferred ?? firstMethod(methods)}
        choices={choices.map((method) => ({
          value: method,
          label: words("preferredOption", { method: methodWord(method) }),
        }))}
        texts={await getFormTexts(words("preferredSave"))}
      />
    </section>
  );
}
