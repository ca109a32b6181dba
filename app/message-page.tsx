import type { LucideIcon } from "lucide-react";
import { FocusedPage } from "@/components/focused-page";
import { Link } from "@/components/link";
import { StepCard } from "@/components/step-card";
import { getWords } from "@/messages/words";

/** A page that says one thing and leads back to the account. */
export async function MessagePage({
  icon,
  title,
  text,
}: {
  icon: LucideIcon;
  title: string;
  text: string;
}) {
  const words = await getWords("errors");
  return (
    <FocusedPage product={(await getWords("product"))("name")}>
      <StepCard icon={icon} title={title} intro={text}>
        <Link className="button button-primary w-full" href="/account">
          {words("home")}
        </Link>
      </StepCard>
    </FocusedPage>
  );
}
