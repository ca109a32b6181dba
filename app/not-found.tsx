import { Compass } from "lucide-react";
import { MessagePage } from "@/app/message-page";
import { getWords } from "@/messages/words";

export default async function NotFound() {
  const words = await getWords("errors");
  return <MessagePage icon={Compass} title={words("notFoundTitle")} text={words("notFound")} />;
}
