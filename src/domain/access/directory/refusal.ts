/**
 * Why Active Directory refuses somebody whose password is right. It answers as to a wrong one (result 49), and says more in the words beside: the
 * code of Windows (MS-ERREF 2.2) in hexadecimal digits. These codes it gives to no wrong password, so that they tell nobody who has it not.
 */
const reasons: Readonly<Record<string, string>> = {
  "530": "the account there may not be used at this hour",
  "531": "the account there may not be used from here",
  "532": "the password there has expired",
  "533": "the account there is disabled",
  "701": "the account there has expired",
  "773": "the password there has to be changed first",
};

/** Undefined: it is the wrong password, as far as it says. */
export function refusalIn(words: string): string | undefined {
  const [, code = ""] = /\bAcceptSecurityContext error, data ([0-9a-f]+)\b/.exec(words) ?? [];
  return reasons[code];
}
