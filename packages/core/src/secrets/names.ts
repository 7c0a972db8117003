/**
 * Names of headers, variables, parameters and fields whose value is a secret. The one list of Loadwright:
 * `loadwright_runtime/source/redaction.py` holds the same text, which a test compares.
 */
const pattern =
  'authori[sz]ation|(?:^|[-_])auth$|token|secret|passw(?:or)?d|passphrase|[-_]pwd$|credential|cookie|signature|bearer|(?:^|[-_])jwt|session[-_]?id|(?:api|access|account|auth|private|subscription|functions?|shared|master|admin|client|service|session|security|app|application|signing|encryption)[-_]?key|(?:^|x[-_])key$';

/** Of these names that match, the value is none: the name of a variable, or how many tokens a model may write. */
const openPattern = '(?:variable|[-_]env)$|(?:max|min|num)[a-z_-]*tokens$|tokens?[-_]?(?:count|limit|type)$';

const secret = new RegExp(pattern, 'i');
const open = new RegExp(openPattern, 'i');

/** True for a name whose value must not be shown. */
export function isSecretName(name: string): boolean {
  return secret.test(name) && !open.test(name);
}

/** The part of {@link isSecretName} that other patterns are made of. */
export const secretNamePattern = pattern.replaceAll('^|', '\\b|').replaceAll('$', '\\b');

/** Credentials that are known by their form, wherever they stand. */
const forms =
  /^(?:Basic|Bearer|Token) +\S{4,}$|^eyJ[\w-]{8,}\.[\w-]+\.[\w-]*$|^(?:AKIA|ASIA)[A-Z0-9]{16}$|^dapi[0-9a-f]{32}|^gh[opsu]_\w{20,}|^sk-[\w-]{16,}|^AIza[\w-]{30,}|-----BEGIN [A-Z ]*PRIVATE KEY-----/;

/** True for a text that is a credential by its form alone. */
export function isCredential(text: string): boolean {
  return forms.test(text);
}

/** User and password in front of the host of a URL, with the `@`. A user alone is often a token. */
const login = /(?<=:\/\/?)[^\s/?#"'<>]*@/gi;

/** A text in which no URL carries a user or a password. */
export function withoutLogins(text: string, put = '[redacted]'): string {
  return text.replace(login, `${put}@`);
}
