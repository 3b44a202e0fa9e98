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
}
