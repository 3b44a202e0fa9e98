// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
package io.weft.cachefusion.lock;

import io.weft.api.LockErrors;
import io.weft.api.LockMode;
import io.weft.api.LockName;
import io.weft.api.WeftException;
import java.time.Duration;

/** Errors of an owner's calls whose texts are long. */
final class OwnerErrors {
  private OwnerErrors() {}

  /** A wait of {@code timeout} nanoseconds was too short. */
  static WeftException timedOut(Owner owner, LockName name, LockMode target, long timeout) {
    return new WeftException(
        LockErrors.LOCK_TIMEOUT,
        "lock "
            + name
            + " was not granted to "
            + owner
            + " in "
            + target
            + " within "
            + Duration.ofNanos(timeout)
            + "; other owners hold it or wait for it in modes that exclude this one, or the view is"
            + " changing");
  }

  /** The modes do not allow this conversion. */
  static WeftException noConversion(LockName name, LockMode from, LockMode to, String remedy) {
    return new WeftException(
        LockErrors.BAD_CONVERSION,
        "lock "
            + name
            + " is held in "
            + from
            + " and cannot be converted to "
            + to
            + ": "
            + remedy);
  }

  /** The mode does not allow to write the value. */
  static WeftException mayNotWrite(Owner owner, LockName name, LockMode mode) {
    return new WeftException(
        LockErrors.BAD_LOCK_VALUE,
        owner
            + " holds lock "
            + name
            + " in "
            + mode
            + " and cannot write its value: PW or EX is needed");
  }

  /** The lock is in the owner's table already. Holding the owner's monitor. */
  static WeftException held(Owner owner, Hold hold) {
    return new WeftException(
        LockErrors.LOCK_HELD,
        owner
            + (hold.mode == null ? " waits for lock " : " holds lock ")
            + hold.name
            + (hold.mode == null ? " already" : " in " + hold.mode + "; convert it"));
  }

  /** The lock is not in the owner's table, or not granted yet. */
  static WeftException notHeld(Owner owner, LockName name) {
    return new WeftException(
        LockErrors.LOCK_NOT_HELD, owner + " does not hold lock " + name + ": acquire it first");
  }

  /** Nothing can be done with the owner any more. */
  static WeftException closed(Owner owner) {
    return new WeftException(LockErrors.OWNER_CLOSED, owner + " has been closed");
  }
}
