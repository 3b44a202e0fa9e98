// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0
/** Who belongs to the cluster: agreement, failure detection, leases. */
package io.weft.spi.membership;
