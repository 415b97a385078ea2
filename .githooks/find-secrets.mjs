// What must never be committed. Names the finding, never prints it.
const PATTERNS = [
  ['a private key', /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/],
  ['a JSON web token', /\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{20,}/],
  ['an AWS access key', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/],
  ['a Stripe key', /\b[sr]k_live_[A-Za-z0-9]{16,}/],
  ['a GitHub token', /\bgh[pousr]_[A-Za-z0-9]{36,}/],
  ['an npm token', /\bnpm_[A-Za-z0-9]{36}\b/],
  [
    'a password in an address',
    /\b(?:postgres(?:ql)?|mongodb(?:\+srv)?|amqps?|rediss?):\/\/[^\s:/@$<{]+:(?![$<{%]|PASSWORD@)[^\s@/$<{]{8,}@/,
  ],
  [
    'the value of a secret variable',
    /^[ \t]*(?:export )?[A-Z0-9_]*(?:SECRET|PASSWORD|TOKEN|API_KEY)=(?!\$)["']?[^\s"'#$<]{8,}/m,
  ],
];

// These names are for files that stay on one machine.
const FORBIDDEN_FILES = /(^|\/)(\.env(\.(?!example$)[\w-]+)?|[\w.-]+\.(pem|key|p12|pfx)|id_(rsa|ed25519))$/;

/** @returns {string[]} what was found in one file, each with its line number */
export function findSecrets(path, text) {
  const findings = FORBIDDEN_FILES.test(path) ? ['a file that belongs to one machine'] : [];
  for (const [what, pattern] of PATTERNS) {
    const match = pattern.exec(text);
    if (match) findings.push(`${what}, line ${text.slice(0, match.index).split('\n').length}`);
  }
  return findings;
}
