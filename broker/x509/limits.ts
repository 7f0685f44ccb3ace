/**
 * How much of a stranger's certificates is looked at. Whatever lies beyond costs memory or time that other devices need,
 * and no real device sends it. docs/limits.md has what was measured.
 */

export const LIMITS = {
  /** AWS: a certificate's PEM has at most 65,536 characters (RegisterCertificate); this is as much in DER. */
  certificateBytes: 49_152,
  /** Subject or issuer. X.520 lets a common name have 64 characters. */
  nameBytes: 4096,
  extensions: 100,
  /** RSA or DSA. A signature by RSA 16384 takes up to 5 ms to check, and a chain may ask for many. */
  keyBits: 8192,
  /** Beyond it the public operation is as slow as a private one. */
  exponentBits: 64,
  /** Certificates of one chain that are judged; the others are only counted. */
  looked: 10,
  /** OpenSSL gives up a chain that is longer (its depth). */
  chainCertificates: 100,
  /** OpenSSL takes no Certificate message that is longer. */
  chainBytes: 102_400,
  /** Signatures checked for one chain: a stranger may send ten certificates of one name. */
  signatures: 40,
} as const
