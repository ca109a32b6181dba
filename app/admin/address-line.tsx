/** An address, broken after its "@" if it has to be, and only a very long one elsewhere. */
export function AddressLine({ email }: { email: string }) {
  const at = email.lastIndexOf("@") + 1;
  return (
    <span className="block text-muted [overflow-wrap:anywhere]">
      {email.slice(0, at)}
      <wbr />
      {email.slice(at)}
    </span>
  );
}
