import { isSecretName } from '@loadwright/core/target';
import type { Imported } from './requests.js';

type SecretHeaders = Record<string, string | { variable: string; prefix: string }>;

/** The variable of the target `rest` for its bearer token. */
const tokenVariable = 'LOADWRIGHT_REST_BEARER_TOKEN';
/** In place of a secret that no header carries. */
const placeholder = 'REPLACE-ME';
/** A JSON Web Token, whatever its header is called. */
const token = /^(?:[A-Za-z]+ +)?eyJ[\w-]+\.[\w-]+\.[\w-]*$/;

/** Keeps the values of secrets out of what is written: each becomes a variable. */
export class SecretKeeper {
  authentication: Imported['authentication'];
  readonly secretHeaders: SecretHeaders = {};
  readonly variables = new Set<string>();
  readonly notes = new Set<string>();

  /** One that holds the same, and changes by itself. */
  copy(): SecretKeeper {
    const other = new SecretKeeper();
    other.authentication = this.authentication;
    Object.assign(other.secretHeaders, this.secretHeaders);
    for (const variable of this.variables) other.variables.add(variable);
    for (const note of this.notes) other.notes.add(note);
    return other;
  }

  /** Whether the value of a header is a secret, and belongs in a variable. */
  isSecret(name: string, value: string): boolean {
    return isSecretName(name) || token.test(value) || /^(?:Bearer|Basic|Token) +\S/i.test(value);
  }

  /** Whether a header, however it is spelled, comes from a variable already. */
  keeps(name: string): boolean {
    return Object.keys(this.secretHeaders).some((given) => given.toLowerCase() === name.toLowerCase());
  }

  /** A header whose value comes from a variable from now on. */
  keep(name: string, value = ''): void {
    const scheme = /^([A-Za-z][\w-]*) +\S/.exec(value)?.[1];
    if (name.toLowerCase() === 'authorization' && scheme?.toLowerCase() === 'bearer') {
      this.bearer();
      return;
    }
    if (name.toLowerCase() === 'authorization' && this.authentication !== undefined) {
      this.#noteOther();
      return;
    }
    if (this.keeps(name)) return;
    const variable = `API_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`;
    this.secretHeaders[name] = scheme ? { variable, prefix: `${scheme} ` } : variable;
    this.variables.add(variable);
    if (scheme?.toLowerCase() === 'basic') {
      this.notes.add(`${variable} is the Base64 of user:password: printf %s "$USER:$PASSWORD" | base64`);
    }
  }

  bearer(): void {
    if (this.keeps('authorization')) {
      this.#noteOther();
      return;
    }
    this.authentication = 'bearer';
    this.variables.add(tokenVariable);
  }

  #noteOther(): void {
    this.notes.add(
      'the requests have different kinds of Authorization, and the first is kept: import them apart',
    );
  }

  /** A JSON value without the secrets in it. */
  json(value: unknown, where: string): unknown {
    if (Array.isArray(value)) return value.map((item) => this.json(item, where));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) =>
        isSecretName(name) && (typeof member === 'string' || typeof member === 'number')
          ? [name, this.#replaced(name, where)]
          : [name, this.json(member, where)],
      ),
    );
  }

  /** The same of a form, whose other fields stay as they were written. */
  form(text: string, where: string): string {
    return text
      .split('&')
      .map((field) => {
        const name = field.slice(0, field.indexOf('='));
        return isSecretName(decoded(name)) ? `${name}=${this.#replaced(decoded(name), where)}` : field;
      })
      .join('&');
  }

  #replaced(name: string, where: string): string {
    this.notes.add(`${where}: the secret ${name} of the body is not kept: ${placeholder} replaces it`);
    return placeholder;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
