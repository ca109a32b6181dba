import { ShieldX } from "lucide-react";
import { MessagePage } from "@/app/message-page";
import { getWords } from "@/messages/words";

export default async function Forbidden() {
  const words = await getWords("errors");
  return <MessagePage icon={ShieldX} title={words("forbiddenTitle")} text={words("forbidden")} />;
}
