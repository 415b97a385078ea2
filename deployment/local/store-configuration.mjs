// What the stores are told at their start: the same for `npm start` and for Compose. Clients are known by name and password.

/** Of TLS 1.2, as OpenSSL writes it: forward secrecy and authenticated encryption. All of TLS 1.3 has both. */
export const CIPHERS = 'ECDHE+AESGCM:ECDHE+CHACHA20';

// The same for Erlang, which takes no such names, and of TLS 1.3 only what is listed.
const CIPHER_SUITES = [
  'TLS_AES_256_GCM_SHA384',
  'TLS_CHACHA20_POLY1305_SHA256',
  'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
];

/** Redis keeps what it was told, within a second, and takes nobody in without TLS. */
export function redisConfiguration({ port, data, tls, users }) {
  return [
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file "${tls.certificate}"`,
    `tls-key-file "${tls.key}"`,
    `tls-ca-cert-file "${tls.authority}"`,
    'tls-auth-clients no',
    'tls-protocols "TLSv1.2 TLSv1.3"',
    `tls-ciphers ${CIPHERS}`,
    'tls-prefer-server-ciphers yes',
    `dir "${data}"`,
    'appendonly yes',
    'appendfsync everysec',
    'save ""',
    'maxmemory-policy noeviction',
    ...users,
  ];
}

/** RabbitMQ loads its users at every start, so that guest is never made, and takes nobody in without TLS. */
export function brokerConfiguration({ listener, tls, definitions }) {
  return [
    'listeners.tcp = none',
    `listeners.ssl.1 = ${listener}`,
    ...Object.entries(brokerTls(tls)).map(([name, value]) => `ssl_options.${name} = ${value}`),
    'ssl_options.verify = verify_none',
    'ssl_options.fail_if_no_peer_cert = false',
    `load_definitions = ${definitions}`,
    'loopback_users.guest = true',
    'log.console = true',
    'log.console.level = warning',
  ];
}

export function brokerTls(tls) {
  return {
    ...{ cacertfile: tls.authority, certfile: tls.certificate, keyfile: tls.key },
    ...{ 'versions.1': 'tlsv1.3', 'versions.2': 'tlsv1.2', honor_cipher_order: true },
    ...Object.fromEntries(CIPHER_SUITES.map((suite, n) => [`ciphers.${n + 1}`, suite])),
  };
}
