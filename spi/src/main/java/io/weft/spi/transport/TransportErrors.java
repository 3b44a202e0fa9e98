// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.spi.transport;

import io.weft.api.Category;
import io.weft.api.ErrorCode;

/** Errors of transports, band 3000. */
public final class TransportErrors {
  /** The peer belongs to another cluster. */
  public static final ErrorCode FOREIGN_CLUSTER = user(3001, "FOREIGN_CLUSTER");

  /** The peer uses another version of the protocol. */
  public static final ErrorCode PROTOCOL_VERSION = user(3002, "PROTOCOL_VERSION");

  /** Another process uses this node id and is connected. */
  public static final ErrorCode DUPLICATE_NODE_ID = user(3003, "DUPLICATE_NODE_ID");

  /** A setting that must be equal on all nodes has another value at the peer. */
  public static final ErrorCode SETTINGS_DIFFER = user(3004, "SETTINGS_DIFFER");

  /** The port of this node, or its place in shared memory, is in use. */
  public static final ErrorCode PORT_IN_USE = user(3005, "PORT_IN_USE");

  /** The node that answers at the address of a member is a different node. */
  public static final ErrorCode MEMBERS_DIFFER = user(3006, "MEMBERS_DIFFER");

  /** The node cannot listen on its configured host. */
  public static final ErrorCode BIND_FAILED = user(3007, "BIND_FAILED");

  /** The other members have evicted this incarnation of the node. It must stop. */
  public static final ErrorCode EVICTED = fatal(3008, "EVICTED");

  /** The peer uses a different storage. */
  public static final ErrorCode STORAGE_DIFFERS = user(3009, "STORAGE_DIFFERS");

  /** The file system in memory has no room for the connections of this node. */
  public static final ErrorCode SHARED_MEMORY_FULL = user(3010, "SHARED_MEMORY_FULL");

  /** A directory or file in shared memory cannot be used, or others than this user have access. */
  public static final ErrorCode SHARED_MEMORY_REFUSED = user(3011, "SHARED_MEMORY_REFUSED");

  /** The certificate, its key or another file for encryption cannot be used. */
  public static final ErrorCode TLS_FILES = user(3012, "TLS_FILES");

  /** The node has no certificate, and its address can be reached from other machines. */
  public static final ErrorCode TLS_REQUIRED = user(3013, "TLS_REQUIRED");

  /** The certificate of a node is for another node or another cluster than the node says. */
  public static final ErrorCode CERTIFICATE_DIFFERS = user(3014, "CERTIFICATE_DIFFERS");

  /** The received bytes are not the Weft protocol. */
  public static final ErrorCode NOT_WEFT = retryable(3101, "NOT_WEFT");

  /** A frame is longer than the maximum. */
  public static final ErrorCode FRAME_TOO_LARGE = retryable(3102, "FRAME_TOO_LARGE");

  /** A frame's checksum or structure is wrong. */
  public static final ErrorCode CORRUPT_FRAME = retryable(3103, "CORRUPT_FRAME");

  /** A connection did not complete the handshake in time. */
  public static final ErrorCode HANDSHAKE_TIMEOUT = retryable(3104, "HANDSHAKE_TIMEOUT");

  /** The peer cannot accept a session now. */
  public static final ErrorCode NOT_READY = retryable(3105, "NOT_READY");

  /** The encryption of a connection failed, or the peer has not proved to be a node. */
  public static final ErrorCode TLS_FAILED = retryable(3106, "TLS_FAILED");

  /** The session with the peer cannot be resumed. */
  public static final ErrorCode PEER_LOST = fatal(3201, "PEER_LOST");

  /** More messages wait for a peer than any valid load can cause. */
  public static final ErrorCode QUEUE_OVERFLOW = fatal(3202, "QUEUE_OVERFLOW");

  /** The peer violated the session protocol. */
  public static final ErrorCode SESSION_BROKEN = fatal(3203, "SESSION_BROKEN");

  private TransportErrors() {}

  private static ErrorCode user(int number, String name) {
    return new ErrorCode(number, name, Category.USER);
  }

  private static ErrorCode retryable(int number, String name) {
    return new ErrorCode(number, name, Category.RETRYABLE);
  }

  private static ErrorCode fatal(int number, String name) {
    return new ErrorCode(number, name, Category.FATAL);
  }
}
