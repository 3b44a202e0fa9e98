// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.tcp.tls;

import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The node that a certificate is for. The certificate names it in its subject alternative names, as
 * the URI {@code weft://CLUSTER/node/ID}. CLUSTER is {@code weft.cluster-name}, with each byte of
 * its UTF-8 form that is not a letter, a digit or one of {@code - . _ ~} written as {@code %XX}
 * (RFC 3986). ID is the node id in decimal digits.
 *
 * @param cluster name of the cluster as in the URI
 * @param node the node id
 */
public record CertifiedNode(String cluster, int node) {
  /** The type of an alternative name that is a URI (RFC 5280, GeneralName). */
  private static final int URI_NAME = 6;

  private static final String SCHEME = "weft:";
  private static final Pattern NAME =
      Pattern.compile("weft://([A-Za-z0-9._~%-]{1,768})/node/(0|[1-9][0-9]{0,4})");

  /** The node with that id in the cluster with that name. */
  public static CertifiedNode of(String clusterName, int node) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : clusterName.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xFF);
      boolean plain = c < 0x80 && Character.isLetterOrDigit(c) || "-._~".indexOf(c) >= 0;
      if (plain) {
        encoded.append(c);
      } else {
        encoded.append('%').append("0123456789ABCDEF".charAt(c >> 4));
        encoded.append("0123456789ABCDEF".charAt(c & 15));
      }
    }
    return new CertifiedNode(encoded.toString(), node);
  }

  /**
   * The node that a certificate is for. A certificate for two nodes is for none, so that no check
   * can take the one and another check the other.
   *
   * @throws TlsException if it is not for exactly one node
   */
  static CertifiedNode of(X509Certificate certificate) throws TlsException {
    List<String> names = new ArrayList<>();
    try {
      Collection<List<?>> all =
          Optional.ofNullable(certificate.getSubjectAlternativeNames()).orElse(List.of());
      for (List<?> name : all) {
        if (name.get(0).equals(URI_NAME)
            && name.get(1) instanceof String uri
            && uri.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
          names.add(uri);
        }
      }
    } catch (CertificateParsingException e) {
      throw new TlsException("its alternative names cannot be read");
    }
    if (names.size() != 1) {
      throw new TlsException(
          "it has "
              + names.size()
              + " alternative names of the form URI:weft://CLUSTER/node/ID; it must have one");
    }
    Matcher matcher = NAME.matcher(names.getFirst());
    if (!matcher.matches()) {
      throw new TlsException(
          "its alternative name "
              + SafeText.of(names.getFirst())
              + " is not weft://CLUSTER/node/ID");
    }
    return new CertifiedNode(matcher.group(1), Integer.parseInt(matcher.group(2)));
  }

  /** The URI. */
  @Override
  public String toString() {
    return "weft://" + cluster + "/node/" + node;
  }
}
