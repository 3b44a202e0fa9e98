// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.api;

/**
 * The members of the cluster, and changes of them while it runs. The list in the configuration of a
 * node is only where the node looks first; the list that counts is agreed on with the views.
 *
 * <ul>
 *   <li>Rule ML-1: all nodes of a view have the same list.
 *   <li>Rule ML-2: changes are carried out one after another, in the order of their requests, each
 *       in a view of its own. So any quorum before a change and any quorum after it have a node in
 *       common, or the vote of the registry.
 *   <li>Rule ML-3: when a call returns, the change is agreed on: the list of every later view is
 *       this list or a later one.
 *   <li>Rule ML-4: a change that is refused leaves the list as it is; the code of the exception
 *       says why ({@link MemberErrors}).
 * </ul>
 *
 * <p>Thread-safe. The methods that change the list block until a member has carried out the request
 * or refused it, at most 30 s. Then the request is withdrawn, and they throw {@link
 * MemberErrors#NOT_CARRIED_OUT}; if the thread is interrupted, {@link CoreErrors#INTERRUPTED}. A
 * weight that differs from the others is refused with {@link MemberErrors#BAD_MEMBER} if the hash
 * strategy ignores weights. If a member was just about to carry it out, the change may still
 * follow; {@link #list} shows it.
 */
public interface Members {
  /** The list of the newest view that this node knows. Does not block. */
  MemberList list();

  /**
   * Adds a node that may join from then on. It counts for the quorum at once, so add one node and
   * start it before the next one.
   *
   * @return the list with it
   * @throws WeftException {@link MemberErrors#MEMBER_EXISTS}, {@link MemberErrors#ADDRESS_IN_USE},
   *     {@link MemberErrors#QUORUM_AT_RISK}, {@link MemberErrors#LIST_TOO_LONG}, {@link
   *     MemberErrors#BAD_MEMBER} if its host is too long, {@link MemberErrors#TOO_MANY_REQUESTS},
   *     or the registry cannot be reached
   */
  MemberList add(Member member);

  /**
   * Takes out a node that does not belong to the view, for good. It cannot join any more until it
   * is added again.
   *
   * @return the list without it
   * @throws WeftException {@link MemberErrors#UNKNOWN_MEMBER}, {@link MemberErrors#MEMBER_RUNS},
   *     {@link MemberErrors#LAST_MEMBER}, {@link MemberErrors#QUORUM_AT_RISK}, {@link
   *     MemberErrors#TOO_MANY_REQUESTS}, or the registry cannot be reached
   */
  MemberList remove(NodeId node);

  /**
   * Gives a member another address or weight. A member that belongs to the view cannot get another
   * address.
   *
   * @return the list with the change
   * @throws WeftException {@link MemberErrors#UNKNOWN_MEMBER}, {@link MemberErrors#ADDRESS_IN_USE},
   *     {@link MemberErrors#MEMBER_RUNS}, {@link MemberErrors#QUORUM_AT_RISK}, {@link
   *     MemberErrors#LIST_TOO_LONG}, {@link MemberErrors#BAD_MEMBER} if its host is too long,
   *     {@link MemberErrors#TOO_MANY_REQUESTS}, or the registry cannot be reached
   */
  MemberList change(Member member);
}
