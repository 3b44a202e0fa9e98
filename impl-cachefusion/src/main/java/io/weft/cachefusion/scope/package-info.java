// Copyright The Weft Authors
// SPDX-License-Identifier: Apache-2.0

/**
 * Scopes of applications, and their block leases. {@link io.weft.cachefusion.scope.LeaseScope}
 * takes leases in order and gives them back; waiting ({@code ScopeWaiter}) and asynchronous
 * requests ({@code AsyncTake}) are separate from the local hit. {@link
 * io.weft.cachefusion.scope.ReadingScope} reads; {@link io.weft.cachefusion.scope.ChangeScope}
 * writes in place and commits with one redo record.
 */
package io.weft.cachefusion.scope;
