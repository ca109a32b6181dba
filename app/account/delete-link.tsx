import { Link } from "@/components/link";
import { getWords } from "@/messages/words";

/** The quiet way to the page that deletes the account. */
export async function DeleteLink() {
  return (
    <p className="text-sm">
      <Link className="link text-muted" href="/account/delete">
        {(await getWords("deleteAccount"))("link")}
      </Link>
    </p>
  );
}
