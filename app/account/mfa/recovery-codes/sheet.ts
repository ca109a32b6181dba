import "server-only";
import type { CodesSheet } from "@/components/ten-codes";
import { getDates, getWords } from "@/messages/words";

/** What is downloaded, and what is printed: the same facts, codes and advice. */
export async function composeSheet({
  codes,
  letter,
  generatedAt,
  email,
  origin,
}: {
  codes: string[];
  letter: string;
  generatedAt: Date;
  email: string;
  origin: string;
}): Promise<CodesSheet> {
  const words = await getWords("sheet");
  const dates = await getDates();
  const title = words("title", { product: (await getWords("product"))("name") });
  const made = dates.day(generatedAt);
  const facts: [string, string][] = [
    [words("portal"), origin],
    [words("account"), email],
    [words("set"), letter],
    [words("made"), made],
  ];
  const howTitle = words("howTitle");
  const advice = [
    words("how", { origin }),
    words("once"),
    words("protect", { origin }),
    words("replace", { letter }),
  ];
  const text = [
    title,
    "",
    ...facts.map(([name, value]) => `${name}: ${value}`),
    "",
    ...codes.map((code, index) => `${String(index + 1).padStart(2)}. ${code}`),
    "",
    howTitle,
    ...advice,
    "",
  ].join("\r\n"); // Notepad of older Windows shows a bare line feed as one long line
  const { hostname } = new URL(origin);
  const fileName = `sparekey-${hostname}-set-${letter}-${dates.isoDay(generatedAt)}.txt`;
  const setLabel = (await getWords("mfa"))("setLabel", { letter });
  return {
    fileName,
    text,
    title,
    letter,
    setLabel,
    about: [email, origin, made].join(" · "),
    facts,
    howTitle,
    advice,
  };
}

/** What became of the sets before a new one: which goes on and until when, and which no longer works. */
export async function describeOldSets({
  letter: next,
  keeps,
  ended: [letter, other],
}: {
  letter: string;
  keeps: string | undefined;
  ended: string[];
}): Promise<string[]> {
  const words = await getWords("codes");
  const sentences = [
    keeps && words("keeps", { letter: keeps, next }),
    letter && (other ? words("endedBoth", { letter, other }) : words("endedNow", { letter })),
  ];
  return sentences.filter((sentence) => sentence !== undefined);
}
