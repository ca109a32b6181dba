import "server-only";
import { parse } from "bowser";
import { createFormatter, createTranslator } from "use-intl/core";
import messages from "./en.json";

declare module "use-intl/core" {
  interface AppConfig {
    Locale: "en";
    Messages: typeof messages;
  }
}

const LOCALE = "en";
const DATE_LOCALE = "en-GB"; // writes 24 Nov 2026, which nobody can misread
const TIME_ZONE = "UTC"; // a person's own zone is unknown to a page without scripts

/** The words of one part of the product, in the person's language. */
export async function getWords<Part extends keyof typeof messages>(part: Part) {
  return createTranslator({ locale: LOCALE, messages, namespace: part });
}

/** Dates as people write them. */
export async function getDates() {
  const format = createFormatter({ locale: LOCALE, timeZone: TIME_ZONE });
  return {
    /** 24 Nov 2026 */
    day: (date: Date) =>
      new Intl.DateTimeFormat(DATE_LOCALE, { dateStyle: "medium", timeZone: TIME_ZONE }).format(
        date,
      ),
    /** 24 November 2026 at 08:47 UTC */
    moment: (date: Date) =>
      `${new Intl.DateTimeFormat(DATE_LOCALE, {
        dateStyle: "long",
        timeStyle: "short",
        timeZone: TIME_ZONE,
      }).format(date)} ${TIME_ZONE}`,
    /** 08:47 UTC */
    time: (date: Date) =>
      `${new Intl.DateTimeFormat(DATE_LOCALE, { timeStyle: "short", timeZone: TIME_ZONE }).format(
        date,
      )} ${TIME_ZONE}`,
    /** 2026-11-24, for file names */
    isoDay: (date: Date) => date.toISOString().slice(0, 10),
    /** 3 minutes ago */
    ago: (date: Date) => format.relativeTime(date, new Date()),
    /** Blue key, Laptop and Phone */
    list: (items: string[]) => format.list(items),
    /** Blue key, Laptop or Phone */
    listAny: (items: string[]) => format.list(items, { type: "disjunction" }),
  };
}

/** The language of the page, for its `lang` attribute. */
export async function getLanguage(): Promise<string> {
  return LOCALE;
}

/** How long until a time, in words: "30 seconds", "4 minutes", "2 hours". Never shorter than it is. */
export async function getWait(until: Date): Promise<string> {
  const words = await getWords("form");
  const seconds = Math.max(1, Math.ceil((until.getTime() - Date.now()) / 1000));
  if (seconds <= 90) return words("seconds", { count: seconds });
  const minutes = Math.ceil(seconds / 60);
  return minutes <= 90
    ? words("minutes", { count: minutes })
    : words("hours", { count: Math.ceil(minutes / 60) });
}

/** What a browser calls itself, in words: "Chrome on Linux". Only known names: anybody may claim others. */
export async function getDevice(userAgent: string): Promise<string> {
  const words = await getWords("device");
  if (!userAgent) return words("unknown"); // bowser throws
  const { browser, os } = parse(userAgent);
  const name = BROWSERS.get(browser.name ?? "");
  const system = SYSTEMS.has(os.name ?? "") ? os.name : undefined;
  return name && system
    ? words("both", { browser: name, system })
    : (name ?? system ?? words("unknown"));
}

const BROWSERS = new Map([
  ["Chrome", "Chrome"],
  ["Chromium", "Chromium"],
  ["Firefox", "Firefox"],
  ["Safari", "Safari"],
  ["Microsoft Edge", "Edge"],
  ["Opera", "Opera"],
  ["Vivaldi", "Vivaldi"],
  ["Samsung Internet for Android", "Samsung Internet"],
  ["Internet Explorer", "Internet Explorer"],
]);

const SYSTEMS = new Set(["Android", "Chrome OS", "iOS", "iPadOS", "Linux", "macOS", "Windows"]);
