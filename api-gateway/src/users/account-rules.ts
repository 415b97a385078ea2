import { lineToTrim } from '../http/request-rules';

/* What users-service decides about accounts, for the OpenAPI document: no less and no more than it takes. */

const ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const QUOTED = '"([!#-\\[\\]-~]|\\\\[!-~])*"';
const LABEL = '[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const TOP_LEVEL = '([A-Za-z]{2,63}|[Xx][Nn][A-Za-z0-9-]{1,60}[A-Za-z0-9])';

export const EMAIL_ADDRESS = {
  minLength: 1,
  maxLength: 1000,
  pattern: `^\\s*(${ATOM}(\\.${ATOM})*|${QUOTED})@(${LABEL}\\.)+${TOP_LEVEL}\\s*$`,
  description: 'In ASCII, up to 254 characters; spaces around it do not count, nor does case',
};

export const NAME = { ...lineToTrim(100), description: 'Up to 100 characters; spaces around it do not count' };

/** One that is in use: today's policy does not apply to it. */
export const PASSWORD = { minLength: 1, maxLength: 1000 };

export const NEW_PASSWORD = {
  minLength: 8,
  maxLength: 72,
  description:
    'Up to 72 bytes of UTF-8, or 128 characters in a shop that hashes with scrypt; the most common passwords are refused',
};
