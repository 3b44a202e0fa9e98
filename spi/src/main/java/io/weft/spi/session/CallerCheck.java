// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.session;

import io.weft.api.ErrorCode;
import io.weft.api.WeftException;
import io.weft.spi.session.HandshakeMessage.Hello;
import io.weft.spi.session.HandshakeMessage.Refused;
import io.weft.spi.transport.TransportErrors;
import java.util.Optional;

/**
 * Decides on the called side whether a caller is a known node of this cluster that speaks this
 * version of the protocol. What is known of its incarnations is decided later ({@link
 * PeerIncarnations}). Stateless.
 */
public final class CallerCheck {
  /**
   * First protocol version whose nodes keep running after a refusal for their version. Callers of
   * earlier versions stop, so only a member of a view may refuse them for it.
   */
  private static final int FIRST_TOLERANT_VERSION = 4;

  private CallerCheck() {}

  /**
   * Why the called node refuses a caller; empty if it admits it.
   *
   * @param hello of the caller
   * @param own what the called node would say in its own hello to that caller
   * @param holdsView whether the called node is in a view and its membership lease holds
   * @param isPeer whether the id that the caller states is that of another node which is a member
   *     or was configured as one; not regarded if another reason is found first
   */
  public static Optional<Refused> refusalOf(
      Hello hello, Hello own, boolean holdsView, boolean isPeer) {
    String me = "n" + own.from();
    if (hello.version() != own.version()) { // no other field can be read
      boolean stops = hello.version() < FIRST_TOLERANT_VERSION;
      return refused(
          own,
          stops && !holdsView ? TransportErrors.NOT_READY : TransportErrors.PROTOCOL_VERSION,
          me
              + " speaks protocol version "
              + own.version()
              + ", its caller version "
              + hello.version()
              + "; run the same release on all nodes, and check the members' ports");
    }
    Optional<WeftException> differs = terms(own).refusalOf(terms(hello), holdsView);
    if (differs.isPresent()) {
      return refused(own, differs.get().code(), differs.get().getMessage());
    }
    if (hello.to() != own.from()) {
      return refused(
          own,
          TransportErrors.MEMBERS_DIFFER,
          "n"
              + hello.from()
              + " calls n"
              + hello.to()
              + " but reaches "
              + me
              + "; check the members' ports and the names of hosts");
    }
    if (!isPeer) {
      return refused(
          own,
          TransportErrors.MEMBERS_DIFFER,
          "n"
              + hello.from()
              + " is not in the list of members that "
              + me
              + " knows; add it with `weft member add`");
    }
    return Optional.empty();
  }

  private static Terms terms(Hello of) {
    return new Terms(
        of.from(), of.incarnation(), of.settings(), of.storage(), of.where(), of.formed());
  }

  private static Optional<Refused> refused(Hello own, ErrorCode code, String text) {
    return Optional.of(new Refused(own.incarnation(), code.number(), text));
  }
}
