"use server";

import { redirect } from "next/navigation";
import { z } from "zod";
import type { FormState } from "@/components/form";
import { type ActionRequest, sessionAction } from "@/lib/auth/action";
import { addAddress, sendLinkAgain } from "@/lib/auth/addresses";
import {
  cancelAddressChange,
  removeAddress,
  requestAddressChange,
} from "@/lib/auth/change-address";
import { getWait, getWords } from "@/messages/words";

const PATH = "/account/addresses";

export const addNotificationAddress = sessionAction<FormState>(
  { path: PATH, demand: "unrestricted", keeps: ["address"] },
  async ({ text, session, from }) => {
    const values = { address: text("address") };
    const result = await addAddress({ session, input: values.address, from });
    if (result.added) redirect(`${PATH}?done=added`);
    const words = await getWords("addresses");
    switch (result.reason) {
      case "invalid":
        return { values, fieldErrors: { address: (await getWords("form"))("emailInvalid") } };
      case "own":
        return { values, fieldErrors: { address: words("own") } };
      case "too-many":
        return { values, error: words("tooMany") };
      case "waiting":
        return { values, error: words("waiting", { wait: await getWait(result.until) }) };
    }
  },
);

export const changeLoginAddress = sessionAction<FormState>(
  { path: PATH, demand: "unrestricted", keeps: ["email"] },
  async ({ text, session, from }) => {
    const values = { email: text("email") };
    const result = await requestAddressChange({ session, input: values.email, from });
    if (result.requested) {
      redirect(`${PATH}?done=${result.outcome === "applied" ? "changed" : "changeRequested"}`);
    }
    const words = await getWords("addresses");
    switch (result.reason) {
      case "invalid":
        return { values, fieldErrors: { email: (await getWords("form"))("emailInvalid") } };
      case "unchanged":
        return { values, fieldErrors: { email: words("unchanged") } };
      case "taken":
        return { values, fieldErrors: { email: words("taken") } };
      case "waiting":
        return { values, error: words("waiting", { wait: await getWait(result.until) }) };
    }
  },
);

export const sendAddressLinkAgain = sessionAction<FormState>(
  { path: PATH, demand: "live" },
  async ({ text, session, from }) => {
    const addressId = idIn(text, "address");
    const result = addressId ? await sendLinkAgain({ session, addressId, from }) : undefined;
    if (result?.sent) redirect(`${PATH}?done=sent`);
    if (result?.reason === "too-many") {
      return { error: (await getWords("addresses"))("tooManyLinks") };
    }
    redirect(PATH); // another tab was there before: the page says what is
  },
);

export const removeNotificationAddress = sessionAction<FormState>(
  { path: PATH, demand: "unrestricted" },
  async ({ text, session, from }) => {
    const addressId = idIn(text, "address");
    const result = addressId ? await removeAddress({ session, addressId, from }) : undefined;
    if (result?.removed) redirect(`${PATH}?done=removed`);
    if (result?.reason === "requested") redirect(`${PATH}?done=removalRequested`);
    redirect(PATH);
  },
);

export const cancelOwnAddressChange = sessionAction<FormState>(
  { path: PATH, demand: "live" },
  async ({ text, session, from }) => {
    const changeId = idIn(text, "change");
    const cancelled = changeId ? await cancelAddressChange({ session, changeId, from }) : false;
    redirect(cancelled ? `${PATH}?done=cancelled` : PATH);
  },
);

/** An id that a form sent; what is done with it asks whose it is. */
const idIn = (text: ActionRequest["text"], field: string) => z.uuid().safeParse(text(field)).data;
