// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Mutual TLS 1.3 for the connections of the TCP transport.
 *
 * <ul>
 *   <li>{@link io.weft.tcp.tls.Protection} is what the transport uses. {@link
 *       io.weft.tcp.tls.TlsProtection} adds TLS to the pipeline of a channel, {@link
 *       io.weft.tcp.tls.Plaintext} adds nothing, and keeps plaintext on this host unless the
 *       settings allow more.
 *   <li>{@link io.weft.tcp.tls.TlsFiles} reads the files, {@link io.weft.tcp.tls.Credentials}
 *       checks them. A node has the credentials of one reading at a time; a connection keeps those
 *       with which it began.
 *   <li>{@link io.weft.tcp.tls.PeerProof} has the certificates checked, {@link
 *       io.weft.tcp.tls.TlsGate} holds everything back until it has. It fires the {@link
 *       io.weft.tcp.tls.CertifiedNode}, which the transport compares with the hello.
 *   <li>{@link io.weft.tcp.tls.SafeText} makes what a peer has sent fit for the log.
 * </ul>
 *
 * <p>The pipeline of an encrypted connection, from the socket on: TLS, gate, copy into the receive
 * buffer, handshake or connection.
 */
package io.weft.tcp.tls;
