const PLAIN_NAME = /^[\w$.[\]-]{1,64}$/;

/** Whether it may be a field's name or an id. What a client makes up beyond that is not repeated in an answer: it could be anything. */
export function isPlainName(text: string): boolean {
  return PLAIN_NAME.test(text);
}
