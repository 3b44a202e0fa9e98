// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * What applications hold: scopes, and the block leases that belong to them. {@link
 * io.weft.cachefusion.scope.LeaseScope} takes leases in order and gives them back; waiting ({@code
 * ScopeWaiter}) and taking without waiting ({@code AsyncTake}) are apart from the local hit. {@link
 * io.weft.cachefusion.scope.ReadingScope} reads; {@link io.weft.cachefusion.scope.ChangeScope}
 * writes in place and commits with one redo record.
 */
package io.weft.cachefusion.scope;
