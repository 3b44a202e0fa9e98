// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.recovery.membership;

/**
 * Rules that carry the safety of the agreement on views, and that only a call which takes time can
 * break. Membership asks here, so that a test can break one and prove that the checkers notice;
 * production uses {@link #STANDARD}.
 */
public class AgreementRules {
  /** The rules as documented. */
  public static final AgreementRules STANDARD = new AgreementRules();

  /** For {@link #STANDARD} and for tests that break a rule. */
  protected AgreementRules() {}

  /**
   * When a lease begins that a call of the registry has shown to be due: with the question, since
   * this node may have been taken out between that and the answer.
   *
   * @param askedNs when the call began, by the clock of the agreement
   * @param answeredNs when it returned
   */
  protected long leaseBegins(long askedNs, long answeredNs) {
    return askedNs;
  }
}
