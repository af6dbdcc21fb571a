(** * The strong form of Theorem 3.3, given the independence lemma.

    A reduced network whose W^L tends to 0 has no equivalent network with orthogonal
    transition, of any size, if the activation is odd up to a constant (tanh, logistic) and
    preactivations that are different functions give linearly independent activations. That
    last property, [independence phi M], is the independence lemma: a hypothesis here,
    proved by hand on the page of the theorem. Steps V1 (matching), V2 (reachable space), V4
    (intertwining) are here; V3, V5, V6 are in StrongForm. No axiom: which preactivations
    agree up to sign is decided by double negation, since the conclusion is False. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms DifferentiablePoints StrongForm.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

(** ** What is assumed *)
Section Definitions.
Variable R : realFieldType.

(** Real functions p, q of an input sequence, on the admissible ones. *)
Section Functions.
Variables (M : R) (m : nat).
Implicit Types p q : inputs R m -> R.
Definition constant_fun p : Prop :=
  forall x x', admissible M x -> admissible M x' -> p x = p x'.
Definition same_fun p q : Prop := forall x, admissible M x -> p x = q x.
Definition opposite_fun p q : Prop := forall x, admissible M x -> p x = - q x.

(** Neither constant, nor equal up to sign. *)
Definition distinct_funs n (I : {set 'I_n}) (q : 'I_n -> inputs R m -> R) : Prop :=
  (forall i, i \in I -> ~ constant_fun (q i)) /\
  (forall i j, i \in I -> j \in I -> i != j -> ~ same_fun (q i) (q j) /\ ~ opposite_fun (q i) (q j)).
End Functions.

(** Preactivation of unit i at time k, as a function of the inputs. *)
Definition unit_fun phi n m p (T : rnn R n m p) k (i : 'I_n) : inputs R m -> R :=
  fun x => pre phi T x k i 0.

(** The independence lemma: the units I of a network, at time k, have preactivations that
    are nonconstant and pairwise different up to sign; then no combination of the phi (q_i),
    i in I, is constant except the one with coefficients 0. *)
Definition independence (phi : R -> R) (M : R) : Prop :=
  forall n m p (T : rnn R n m p) k (I : {set 'I_n}) (c : 'I_n -> R) (c0 : R),
  distinct_funs M I (unit_fun phi T k) ->
  (forall x, admissible M x -> \sum_(i in I) c i * phi (unit_fun phi T k i x) = c0) ->
  forall i, i \in I -> c i = 0.

(** A reduced network: from some time on its preactivations are nonconstant and pairwise
    different up to sign; every unit is read. *)
Definition reduced (phi : R -> R) (M : R) n m p (T : rnn R n m p) : Prop :=
  (exists k1, forall k, (k1 <= k)%N -> distinct_funs M [set: 'I_n] (unit_fun phi T k)) /\
  (forall i, col i (outw T) != 0).

(** W^L tends to 0 (for real matrices: the spectral radius is below 1). *)
Definition vanishing_powers n (W : 'M[R]_n) : Prop :=
  forall e, 0 < e -> exists L, forall i j, `|iter L (mulmx W) 1%:M i j| <= e.
End Definitions.

(** ** Finitely many statements may be decided when the conclusion is False. *)
Lemma decide_all (I : finType) (Q : I -> Prop) :
  ((exists b : pred I, forall i, Q i <-> b i) -> False) -> False.
Proof.
suff h (s : seq I) : ((exists b : pred I, forall i, i \in s -> (Q i <-> b i)) -> False) -> False.
  by move=> no; apply: (h (enum I)) => -[b hb]; apply: no; exists b => i; apply: hb; rewrite mem_enum.
elim: s => [|i s IH] no; first by apply: no; exists xpred0.
apply: IH => -[b hb].
have ext (v : bool) : (Q i <-> v) ->
    forall j, j \in i :: s -> (Q j <-> (if j == i then v else b j)).
  move=> rv j; rewrite in_cons; have [->|ji] := eqVneq j i; first by [].
  by move=> /= js; apply: hb.
have no1 : ~ Q i by move=> q; apply: no; exists (fun j => if j == i then true else b j); apply: ext.
by apply: no; exists (fun j => if j == i then false else b j); apply: ext.
Qed.

(** ** Grouping the units of one network at one time *)
Section Groups.
Variables (R : realFieldType) (phi : R -> R) (c M : R).
Hypothesis phi_odd : forall z, phi (- z) = c - phi z.
Variables (n m : nat) (q : 'I_n -> inputs R m -> R) (x0 : inputs R m).
Hypothesis adm0 : admissible M x0.
Variables (cst : pred 'I_n) (eqp eqm : rel 'I_n).
Hypothesis cstP : forall a, reflect (constant_fun M (q a)) (cst a).
Hypothesis eqpP : forall a b, reflect (same_fun M (q a) (q b)) (eqp a b).
Hypothesis eqmP : forall a b, reflect (opposite_fun M (q a) (q b)) (eqm a b).
Implicit Types (a b d : 'I_n) (x : inputs R m).

(** 1 if q_a = q_b, -1 if q_a = - q_b, 0 otherwise or if they are constant. *)
Definition sgn a b : R :=
  if cst a || cst b then 0 else if eqp a b then 1 else if eqm a b then -1 else 0.

Lemma sgn_cases a b : sgn a b = 0 \/
  [/\ ~~ cst a, ~~ cst b, sgn a b = 1 \/ sgn a b = -1 &
      forall x, admissible M x -> q a x = sgn a b * q b x].
Proof.
rewrite /sgn; case: ifP => [_|/negbT]; first by left.
rewrite negb_or => /andP[ca cb]; case: eqpP => [h|_].
  by right; split; rewrite ?ca ?cb //; [left | move=> x /h; rewrite mul1r].
case: eqmP => [h|_]; last by left.
by right; split; rewrite ?ca ?cb //; [right | move=> x /h; rewrite mulN1r].
Qed.

Lemma sgn_uniq a b s : ~~ cst a -> ~~ cst b -> s = 1 \/ s = -1 ->
  (forall x, admissible M x -> q a x = s * q b x) -> sgn a b = s.
Proof.
move=> ca cb s1 h; rewrite /sgn (negPf ca) (negPf cb) /=.
case: s1 h => -> h.
  by case: eqpP => // -[] x /h; rewrite mul1r.
case: eqpP => [e|_]; last by case: eqmP => // -[] x /h; rewrite mulN1r.
case/cstP: ca => x x' ax ax'.
have z y : admissible M y -> q a y = 0.
  move=> ay; have := h _ ay; rewrite mulN1r -(e _ ay) => /eqP.
  by rewrite -addr_eq0 -mulr2n mulrn_eq0 => /eqP.
by rewrite !z.
Qed.

Lemma sgn_id a : ~~ cst a -> sgn a a = 1.
Proof. by move=> ca; apply: sgn_uniq => //; [left | move=> x; rewrite mul1r]. Qed.

Lemma sgn_sqr a b : sgn a b != 0 -> sgn a b * sgn a b = 1.
Proof. by case: (sgn_cases a b) => [->|[_ _ [] -> _ _]]; rewrite ?eqxx ?mulrNN ?mul1r. Qed.

Lemma sgnC a b : sgn a b = sgn b a.
Proof.
have imp a' b' : sgn a' b' != 0 -> sgn b' a' = sgn a' b'.
  move=> ne; case: (sgn_cases a' b') => [z|[ca cb s1 h]]; first by rewrite z eqxx in ne.
  apply: sgn_uniq => // x /h ->; rewrite mulrA sgn_sqr // mul1r //.
have [z|/imp->//] := eqVneq (sgn a b) 0.
by have [z'|/imp->//] := eqVneq (sgn b a) 0; rewrite z z'.
Qed.

Lemma sgn_trans a b d : sgn a b != 0 -> sgn a d = sgn a b * sgn b d.
Proof.
have imp a' b' d' : sgn a' b' != 0 -> sgn b' d' != 0 -> sgn a' d' = sgn a' b' * sgn b' d'.
  case: (sgn_cases a' b') => [->|[ca cb s1 h] _]; first by rewrite eqxx.
  case: (sgn_cases b' d') => [->|[_ cd t1 h'] _]; first by rewrite eqxx.
  apply: sgn_uniq => //; last by move=> x ax; rewrite h // h' // mulrA.
  by case: s1 => ->; case: t1 => ->; rewrite ?mul1r ?mulr1 ?mulrNN ?mulr1; [left|right|right|left].
move=> ab; have [z|bd] := eqVneq (sgn b d) 0; last exact: imp.
rewrite z mulr0; apply: contraTeq isT => ad.
have ba : sgn b a != 0 by rewrite sgnC.
have := imp _ _ _ ba ad; rewrite z => /eqP.
by rewrite eq_sym mulf_eq0 (negPf ba) (negPf ad).
Qed.

(** What changes sign with the preactivation, and is 0 on constant units. *)
Definition odd_vec (d : 'I_n -> R) : Prop :=
  (forall a b, sgn a b != 0 -> d a = sgn a b * d b) /\ (forall a, cst a -> d a = 0).

Lemma odd_pre x : admissible M x -> odd_vec (fun a => q a x - q a x0).
Proof.
move=> ax; split=> [a b|a /cstP h]; last by rewrite (h x x0) // subrr.
case: (sgn_cases a b) => [->|[_ _ _ h] _]; first by rewrite eqxx.
by rewrite (h x) // (h x0) // mulrBr.
Qed.

Lemma odd_state x : admissible M x -> odd_vec (fun a => phi (q a x) - phi (q a x0)).
Proof.
move=> ax; split=> [a b|a /cstP h]; last by rewrite (h x x0) // subrr.
case: (sgn_cases a b) => [->|[_ _ s1 h] _]; first by rewrite eqxx.
rewrite (h x) // (h x0) //; case: s1 => ->; first by rewrite !mul1r.
by rewrite !mulN1r !phi_odd; ring.
Qed.

(** The independence lemma, for all units at once: a combination that is constant vanishes
    on every group. *)
Hypothesis IL : forall (I : {set 'I_n}) (l : 'I_n -> R) (c0 : R),
  distinct_funs M I q ->
  (forall x, admissible M x -> \sum_(i in I) l i * phi (q i x) = c0) ->
  forall i, i \in I -> l i = 0.

Lemma groups_vanish (l : 'I_n -> R) :
  (forall x, admissible M x -> \sum_a l a * (phi (q a x) - phi (q a x0)) = 0) ->
  forall b, \sum_a sgn b a * l a = 0.
Proof.
move=> h b; have [cb|cb] := boolP (cst b).
  by rewrite big1 // => a _; rewrite /sgn cb mul0r.
pose rep a := [arg min_(d < a | (sgn a d != 0)%R) (d : nat)]%N.
have repP a : ~~ cst a -> sgn a (rep a) != 0 /\ forall d, sgn a d != 0 -> (rep a <= d)%N.
  move=> ca; rewrite /rep; case: arg_minnP => [|d sd le]; last by [].
  by rewrite sgn_id // oner_eq0.
have rep_eq a d : ~~ cst a -> ~~ cst d -> sgn a d != 0 -> rep a = rep d.
  move=> ca cd ad; have da : sgn d a != 0 by rewrite sgnC.
  have [ra ma] := repP _ ca; have [rd md] := repP _ cd.
  apply/val_inj/eqP; rewrite eqn_leq; apply/andP; split; [apply: ma | apply: md].
    by rewrite (sgn_trans (rep d) ad) mulf_eq0 negb_or ad.
  by rewrite (sgn_trans (rep a) da) mulf_eq0 negb_or da.
pose I := [set a | ~~ cst a && (rep a == a)].
have IP a : ~~ cst a -> rep a \in I.
  move=> ca; have [ra _] := repP _ ca.
  have cr : ~~ cst (rep a) by apply: contra ra; rewrite /sgn => ->; rewrite orbT.
  by rewrite inE cr /= -(rep_eq _ _ ca cr ra).
pose v a := \sum_d sgn a d * l d.
have dI : distinct_funs M I q.
  split=> [i|i j]; first by rewrite inE => /andP[/cstP].
  rewrite !inE => /andP[ci /eqP ri] /andP[cj /eqP rj] ij.
  have no : sgn i j = 0.
    apply: contraNeq ij => sij; by rewrite -ri -rj (rep_eq _ _ ci cj sij).
  move: no; rewrite /sgn (negPf ci) (negPf cj) /=.
  case: eqpP => [_ /eqP|]; first by rewrite oner_eq0.
  by case: eqmP => [_ _ /eqP|] //; rewrite oppr_eq0 oner_eq0.
have inner x a : admissible M x ->
    \sum_(d in I) sgn d a * (phi (q d x) - phi (q d x0)) = phi (q a x) - phi (q a x0).
  move=> ax; have [o1 o2] := odd_state ax.
  have [ca|ca] := boolP (cst a).
    by rewrite (o2 _ ca) big1 // => d _; rewrite /sgn ca orbT mul0r.
  have [ra _] := repP _ ca.
  rewrite (bigD1 (rep a)) ?IP //= big1 ?addr0.
    by have /= -> := o1 a (rep a) ra; rewrite sgnC.
  move=> d /andP[]; rewrite inE => /andP[cd /eqP rd] ne.
  have [->|sd] := eqVneq (sgn d a) 0; first by rewrite mul0r.
  by move: ne; rewrite -(rep_eq _ _ cd ca sd) rd eqxx.
have vI : forall a, a \in I -> v a = 0.
  apply: (IL (c0 := \sum_(i in I) v i * phi (q i x0)) dI) => x ax.
  apply/eqP; rewrite -subr_eq0 -sumrB; apply/eqP.
  rewrite -[RHS](h x ax).
  rewrite (eq_bigr (fun i => \sum_a l a * (sgn i a * (phi (q i x) - phi (q i x0))))).
    rewrite exchange_big /=; apply: eq_bigr => a _.
    by rewrite -mulr_sumr inner.
  move=> i _; rewrite -mulrBr /v mulr_suml; apply: eq_bigr => a _.
  by rewrite mulrCA mulrA.
have [rb _] := repP _ cb.
rewrite (eq_bigr (fun a => sgn b (rep b) * (sgn (rep b) a * l a))); last first.
  by move=> a _; rewrite (sgn_trans a rb) mulrA.
by rewrite -mulr_sumr -/(v _) vI ?mulr0 // IP.
Qed.
End Groups.

(** ** Lift, coordinates and reachable space of a signed grouping

    [s a b] is the sign that relates the units a, b of both networks (first n of T, then N
    of T'), 0 if they are in different groups. *)
Section Lift.
Variables (R : realFieldType) (n N : nat) (s : 'I_(n + N) -> 'I_(n + N) -> R).
Hypothesis sC : forall a b, s a b = s b a.
Hypothesis sS : forall a b, s a b != 0 -> s a b * s a b = 1.
Hypothesis sT : forall a b d, s a b != 0 -> s a d = s a b * s b d.
Hypothesis own : forall i i' : 'I_n, s (lshift N i) (lshift N i') = (i == i')%:R.
Hypothesis met : forall i : 'I_n, exists j : 'I_N, s (rshift n j) (lshift N i) != 0.
Implicit Types (i : 'I_n) (j l : 'I_N).

Definition lift_mx : 'M[R]_(N, n) := \matrix_(j, i) s (rshift n j) (lshift N i).
Definition reach_mx : 'M[R]_N := \matrix_(j, l) s (rshift n j) (rshift n l).
Definition group_size (a : 'I_(n + N)) : R := \sum_j s (rshift n j) a ^+ 2.
Definition coord_mx : 'M[R]_(n, N) :=
  \matrix_(i, j) (s (rshift n j) (lshift N i) / group_size (lshift N i)).

Lemma size_ge1 a : (exists j, s (rshift n j) a != 0) -> 1 <= group_size a.
Proof.
case=> j sj; rewrite /group_size (bigD1 j) //= expr2 sS // ler_addl.
by apply: sumr_ge0 => l _; rewrite sqr_ge0.
Qed.

Lemma size_leN a : group_size a <= N%:R.
Proof.
rewrite -[N in N%:R]card_ord -sumr_const; apply: ler_sum => j _.
have [->|sj] := eqVneq (s (rshift n j) a) 0; first by rewrite expr0n ler01.
by rewrite expr2 sS.
Qed.

Lemma size_neq0 i : group_size (lshift N i) != 0.
Proof. by rewrite gt_eqF // (lt_le_trans ltr01) // size_ge1. Qed.

Lemma lift_reach : (lift_mx^T <= reach_mx)%MS.
Proof.
apply/row_subP => i; have [j sj] := met i.
have -> : row i lift_mx^T = s (rshift n j) (lshift N i) *: row j reach_mx.
  apply/rowP=> l; rewrite !mxE sC (sT _ (_ : s (lshift N i) (rshift n j) != 0)) 1?sC //.
by rewrite scalemx_sub // row_sub.
Qed.

Lemma lift_gram : lift_mx^T *m lift_mx = diag_mx (\row_i group_size (lshift N i)).
Proof.
apply/matrixP=> i i'; rewrite !mxE; have [<-|ne] := eqVneq i i'.
  by rewrite mulr1n; apply: eq_bigr => j _; rewrite !mxE expr2.
rewrite mulr0n big1 // => j _; rewrite !mxE.
have [->|sj] := eqVneq (s (rshift n j) (lshift N i)) 0; first by rewrite mul0r.
have sj' : s (lshift N i) (rshift n j) != 0 by rewrite sC.
rewrite sC; have := sT (lshift N i') sj'; rewrite own (negPf ne) => <-.
by [].
Qed.

Lemma coordE : coord_mx = diag_mx (\row_i (group_size (lshift N i))^-1) *m lift_mx^T.
Proof. by apply/matrixP=> i j; rewrite mul_diag_mx !mxE mulrC. Qed.

Lemma coord_lift : coord_mx *m lift_mx = 1%:M.
Proof.
rewrite coordE -mulmxA lift_gram mulmx_diag -diag_const_mx; congr diag_mx.
by apply/rowP=> i; rewrite !mxE mulVf // size_neq0.
Qed.

Lemma coord_kernel (v : 'rV[R]_N) : v *m coord_mx^T = 0 -> v *m lift_mx = 0.
Proof.
rewrite coordE trmx_mul tr_diag_mx trmxK mulmxA => h; apply/rowP=> i; rewrite [RHS]mxE.
have /rowP/(_ i) := h; rewrite mul_mx_diag !mxE => /eqP.
by rewrite mulf_eq0 invr_eq0 (negPf (size_neq0 i)) orbF => /eqP.
Qed.

Lemma lift_bounds (c : 'cV[R]_n) : sqnorm c <= sqnorm (lift_mx *m c) <= N%:R * sqnorm c.
Proof.
have -> : sqnorm (lift_mx *m c) = \sum_i group_size (lshift N i) * c i 0 ^+ 2.
  rewrite sqnormE trmx_mul -mulmxA (mulmxA _ lift_mx) lift_gram mxE; apply: eq_bigr => i _.
  by rewrite mul_diag_mx !mxE mulrCA expr2.
rewrite /sqnorm mulr_sumr; apply/andP; split; apply: ler_sum => i _.
  by rewrite ler_pemull ?sqr_ge0 // size_ge1.
by rewrite ler_wpmul2r ?sqr_ge0 ?size_leN.
Qed.

(** Vectors that agree with the grouping. *)
Definition grouped (d : 'I_(n + N) -> R) : Prop :=
  (forall a b, s a b != 0 -> d a = s a b * d b) /\ (forall a, s a a = 0 -> d a = 0).

Lemma grouped_reach d : grouped d -> (\row_j d (rshift n j) <= reach_mx)%MS.
Proof.
case=> d1 d2; apply/submxP.
exists (\row_j (d (rshift n j) / group_size (rshift n j))); apply/rowP=> l; rewrite !mxE.
have [z|nz] := eqVneq (s (rshift n l) (rshift n l)) 0.
  rewrite d2 // big1 // => j _; rewrite !mxE.
  have [->|sj] := eqVneq (s (rshift n j) (rshift n l)) 0; first by rewrite mulr0.
  have sl : s (rshift n l) (rshift n j) != 0 by rewrite sC.
  have := sT (rshift n l) sl; rewrite z sC sS // => /esym/eqP; by rewrite oner_eq0.
rewrite (eq_bigr (fun j => d (rshift n l) / group_size (rshift n l) * s (rshift n j) (rshift n l) ^+ 2)).
  rewrite -mulr_sumr -/(group_size _) divfK // gt_eqF // (lt_le_trans ltr01) // size_ge1 //.
  by exists l.
move=> j _; rewrite !mxE; have [->|sj] := eqVneq (s (rshift n j) (rshift n l)) 0.
  by rewrite expr0n !mulr0.
have -> : group_size (rshift n j) = group_size (rshift n l).
  apply: eq_bigr => k _; rewrite !(sC (rshift n k)) (sT _ sj) exprMn.
  by rewrite [s _ _ ^+ 2 * _]mulrC expr2 [X in _ * X]expr2 sS // mulr1 -expr2.
by rewrite (d1 _ _ sj) expr2; ring.
Qed.

Lemma grouped_coord d : grouped d ->
  coord_mx *m \col_j d (rshift n j) = \col_i d (lshift N i).
Proof.
case=> d1 _; apply/colP=> i; rewrite !mxE.
rewrite (eq_bigr (fun j => d (lshift N i) / group_size (lshift N i) * s (rshift n j) (lshift N i) ^+ 2)).
  by rewrite -mulr_sumr -/(group_size _) divfK // size_neq0.
move=> j _; rewrite !mxE; have [->|sj] := eqVneq (s (rshift n j) (lshift N i)) 0.
  by rewrite expr0n !mulr0 !mul0r.
by rewrite (d1 _ _ sj) expr2; ring.
Qed.
End Lift.

Lemma mxB (R : zmodType) m n (A B : 'M[R]_(m, n)) i j : (A - B) i j = A i j - B i j.
Proof. by rewrite mxE [X in _ + X]mxE. Qed.

(** ** Both networks side by side *)
Section Both.
Variables (R : realFieldType) (phi : R -> R) (n N m p : nat).
Variables (T : rnn R n m p) (T' : rnn R N m p).

Definition both : rnn R (n + N) m p :=
  Rnn (block_mx (trans T) 0 0 (trans T')) (col_mx (inw T) (inw T')) (col_mx (bias T) (bias T'))
      (row_mx (outw T) (- outw T')) (col_mx (init T) (init T')).

Lemma pre_both x k : pre phi both x k = col_mx (pre phi T x k) (pre phi T' x k).
Proof.
have step (h : 'cV_n) (h' : 'cV_N) k' : trans both *m col_mx h h' + inw both *m x k' + bias both
    = col_mx (trans T *m h + inw T *m x k' + bias T) (trans T' *m h' + inw T' *m x k' + bias T').
  by rewrite /= mul_block_col !mul0mx addr0 add0r mul_col_mx !add_col_mx.
elim: k => [|k IH]; first exact: step.
by rewrite [LHS]/pre /= stateE IH map_col_mx -!stateE; exact: step.
Qed.

Lemma unit_fun_l x k i : unit_fun phi both k (lshift N i) x = unit_fun phi T k i x.
Proof. by rewrite /unit_fun pre_both col_mxEu. Qed.
Lemma unit_fun_r x k j : unit_fun phi both k (rshift n j) x = unit_fun phi T' k j x.
Proof. by rewrite /unit_fun pre_both col_mxEd. Qed.
End Both.

(** The states up to time k depend on the inputs up to time k only. *)
Lemma state_local (R : realFieldType) (phi : R -> R) n m p (T : rnn R n m p) x x' k :
  (forall j, (j <= k)%N -> x j = x' j) -> state phi T x k = state phi T x' k.
Proof.
elim: k => [|k IH] e /=; first by rewrite e.
by rewrite e // IH // => j jk; apply: e; apply: leqW.
Qed.

(** ** The theorem *)
Section Strong.
Variables (R : realFieldType) (phi : R -> R) (c M : R).
Hypothesis phi_odd : forall z, phi (- z) = c - phi z.
Hypothesis IL : independence phi M.
Variables (n N m p : nat) (T : rnn R n m p) (T' : rnn R N m p).
Hypothesis colC : forall i, col i (outw T) != 0.
Hypothesis oU : orthogonal (trans T').
Hypothesis eqv : equivalent phi M T T'.
Variables (k1 K : nat).
Hypothesis distinct : forall k, (k1 <= k)%N -> distinct_funs M [set: 'I_n] (unit_fun phi T k).
Let q k := unit_fun phi (both T T') k.
Variables (cst : nat -> pred 'I_(n + N)) (eqp eqm : nat -> rel 'I_(n + N)).
Hypothesis cstP : forall k, (k <= K)%N -> forall a, reflect (constant_fun M (q k a)) (cst k a).
Hypothesis eqpP : forall k, (k <= K)%N -> forall a b, reflect (same_fun M (q k a) (q k b)) (eqp k a b).
Hypothesis eqmP : forall k, (k <= K)%N -> forall a b, reflect (opposite_fun M (q k a) (q k b)) (eqm k a b).
Let s k := sgn R (cst k) (eqp k) (eqm k).
Let x0 : inputs R m := fun=> 0.
Implicit Types (x : inputs R m).

Lemma adm0 : admissible M x0.
Proof. by move=> k; rewrite sqnorm0 sqr_ge0. Qed.

Section OneTime.
Variable k : nat.
Hypotheses (k1k : (k1 <= k)%N) (kK : (k <= K)%N).
Let cP := cstP kK. Let pP := eqpP kK. Let mP := eqmP kK.

Lemma sC a b : s k a b = s k b a. Proof. exact: (sgnC cP pP mP). Qed.
Lemma sS a b : s k a b != 0 -> s k a b * s k a b = 1. Proof. exact: (sgn_sqr pP mP). Qed.
Lemma sT a b d : s k a b != 0 -> s k a d = s k a b * s k b d.
Proof. exact: (sgn_trans cP pP mP). Qed.

Lemma s_diag a : s k a a = 0 -> cst k a.
Proof.
by move=> z; apply: contraT => na; move: z; rewrite /s (sgn_id cP pP mP na) => /eqP; rewrite oner_eq0.
Qed.

Lemma odd_grouped d : odd_vec (cst k) (eqp k) (eqm k) d -> grouped (s k) d.
Proof. by case=> d1 d2; split=> // a /s_diag; apply: d2. Qed.

Lemma own i i' : s k (lshift N i) (lshift N i') = (i == i')%:R.
Proof.
have [nc df] := distinct k1k.
have nl l : ~~ cst k (lshift N l).
  apply/cP => h; apply: (nc l); first by rewrite inE.
  by move=> x x' ax ax'; have := h x x' ax ax'; rewrite /q !unit_fun_l.
have [<-|ne] := eqVneq i i'; first exact: (sgn_id cP pP mP).
have [no1 no2] := df i i' (in_setT _) (in_setT _) ne.
rewrite /s /sgn (negPf (nl i)) (negPf (nl i')) /=; case: pP => [h|_].
  by case: no1 => x ax; have := h x ax; rewrite /q !unit_fun_l.
by case: mP => // h; case: no2 => x ax; have := h x ax; rewrite /q !unit_fun_l.
Qed.

Lemma vanish (l : 'I_(n + N) -> R) :
  (forall x, admissible M x -> \sum_a l a * (phi (q k a x) - phi (q k a x0)) = 0) ->
  forall b, \sum_a s k b a * l a = 0.
Proof. exact: (groups_vanish phi_odd adm0 cP pP mP (@IL _ _ _ _ _)). Qed.

(** V1 *)
Lemma met i : exists j, s k (rshift n j) (lshift N i) != 0.
Proof.
suff : [exists j, s k (rshift n j) (lshift N i) != 0] by move/existsP.
apply: contraT; rewrite negb_exists => /forallP no.
suff : col i (outw T) = 0 by move/eqP; rewrite (negPf (colC i)).
apply/colP=> a; rewrite !mxE.
pose l b := outw (both T T') a b.
have h x : admissible M x -> \sum_b l b * (phi (q k b x) - phi (q k b x0)) = 0.
  have out y : admissible M y -> \sum_b l b * phi (q k b y) = 0.
    move=> ay; have /colP/(_ a) e := eqv ay k; rewrite big_split_ord /=.
    have -> : \sum_i' l (lshift N i') * phi (q k (lshift N i') y) = output phi T y k a 0.
      by rewrite mxE; apply: eq_bigr => i' _; rewrite /l row_mxEl /q unit_fun_l stateEi.
    rewrite e /output [X in X + _]mxE -big_split big1 // => j _ /=.
    rewrite /l row_mxEr /q unit_fun_r stateEi [(- outw T') a j]mxE.
    by rewrite mulNr subrr.
  move=> ax; rewrite (eq_bigr (fun b => l b * phi (q k b x) - l b * phi (q k b x0))).
    by rewrite sumrB !out ?subrr //; exact: adm0.
  by move=> b _; rewrite mulrBr.
have := vanish h (lshift N i); rewrite big_split_ord /= (bigD1 i) //= own eqxx mul1r.
rewrite big1 => [|i' ne]; last by rewrite own eq_sym (negPf ne) mul0r.
rewrite addr0 big1 ?addr0 => [|j _]; first by rewrite /l row_mxEl.
by have := no j; rewrite negbK sC => /eqP->; rewrite mul0r.
Qed.

Let V := reach_mx (s k).
Let Pi := coord_mx (s k).

(** V2, in dual form: what does not see the differences of states vanishes on V. *)
Lemma dual r (A : 'M[R]_(N, r)) :
  (forall x, admissible M x -> (state phi T' x k - state phi T' x0 k)^T *m A = 0) -> V *m A = 0.
Proof.
move=> h; apply/matrixP=> j b; rewrite !mxE.
pose l (a : 'I_(n + N)) : R := match split a with inl _ => 0 | inr j => A j b end.
have ll i : l (lshift N i) = 0 by rewrite /l; case: split_ordP => // j' /eqP; rewrite eq_lrshift.
have lr j' : l (rshift n j') = A j' b.
  by rewrite /l; case: split_ordP => [i /eqP|j'' /rshift_inj->//]; rewrite eq_rlshift.
have hl x : admissible M x -> \sum_a l a * (phi (q k a x) - phi (q k a x0)) = 0.
  move=> ax; have /rowP/(_ b) := h x ax; rewrite mxE [RHS]mxE => e.
  rewrite big_split_ord /= big1 ?add0r => [|i _]; last by rewrite ll mul0r.
  rewrite -[RHS]e; apply: eq_bigr => j' _.
  by rewrite lr /q !unit_fun_r mxE mxB !stateEi mulrC.
have := vanish hl (rshift n j); rewrite big_split_ord /= big1 ?add0r => [|i _]; last first.
  by rewrite ll mulr0.
by move=> e; rewrite -[RHS]e; apply: eq_bigr => j' _; rewrite lr mxE.
Qed.

Lemma pre_reach x : admissible M x -> ((pre phi T' x k - pre phi T' x0 k)^T <= V)%MS.
Proof.
move=> ax; have -> : (pre phi T' x k - pre phi T' x0 k)^T
    = \row_j (q k (rshift n j) x - q k (rshift n j) x0).
  by apply/rowP=> j; rewrite [LHS]mxE [RHS]mxE mxB /q !unit_fun_r.
exact: (grouped_reach sC sS sT (odd_grouped (odd_pre adm0 cP pP mP ax))).
Qed.

Lemma pre_coord x : admissible M x ->
  Pi *m (pre phi T' x k - pre phi T' x0 k) = pre phi T x k - pre phi T x0 k.
Proof.
move=> ax; have := grouped_coord sS met (odd_grouped (odd_pre adm0 cP pP mP ax)).
have -> : \col_j (q k (rshift n j) x - q k (rshift n j) x0) = pre phi T' x k - pre phi T' x0 k.
  by apply/colP=> j; rewrite [LHS]mxE mxB /q !unit_fun_r.
by move->; apply/colP=> i; rewrite [LHS]mxE mxB /q !unit_fun_l.
Qed.

Lemma state_coord x : admissible M x ->
  Pi *m (state phi T' x k - state phi T' x0 k) = state phi T x k - state phi T x0 k.
Proof.
move=> ax; have := grouped_coord sS met (odd_grouped (odd_state phi_odd adm0 cP pP mP ax)).
have -> : \col_j (phi (q k (rshift n j) x) - phi (q k (rshift n j) x0))
    = state phi T' x k - state phi T' x0 k.
  by apply/colP=> j; rewrite [LHS]mxE mxB /q !unit_fun_r !stateEi.
by move->; apply/colP=> i; rewrite [LHS]mxE mxB /q !unit_fun_l !stateEi.
Qed.
End OneTime.

(** V3 and V4 *)
Section TwoTimes.
Variable k : nat.
Hypotheses (k1k : (k1 <= k)%N) (kK : (k.+1 <= K)%N).
Let k1k' : (k1 <= k.+1)%N := leqW k1k.
Let kK' : (k <= K)%N := ltnW kK.

Lemma next_input x : admissible M x -> exists x', [/\ admissible M x',
  forall a N' (S : rnn R a m N'), state phi S x' k = state phi S x k & x' k.+1 = x0 k.+1].
Proof.
move=> ax; exists (fun j => if (j <= k)%N then x j else x0 j); split.
- by move=> j; case: ifP => _; [exact: ax | exact: adm0].
- by move=> a N' S; apply: state_local => j ->.
by rewrite ltnn.
Qed.

Lemma pre_next a b (S : rnn R a m b) x' : x' k.+1 = x0 k.+1 ->
  pre phi S x' k.+1 - pre phi S x0 k.+1 = trans S *m (state phi S x' k - state phi S x0 k).
Proof. by move=> e; rewrite /pre /= e mulmxBr opprD addrACA subrr addr0 opprD addrACA subrr addr0. Qed.

Lemma invariance : (reach_mx (s k) *m (trans T')^T <= reach_mx (s k.+1))%MS.
Proof.
rewrite submxE -mulmxA; apply/eqP; apply: (dual kK') => x ax.
have [x' [ax' sx xk]] := next_input ax.
rewrite -(sx _ _ T') mulmxA -trmx_mul -pre_next //; apply/eqP; rewrite -submxE.
exact: pre_reach.
Qed.

Lemma intertwining : reach_mx (s k) *m (trans T')^T *m (coord_mx (s k.+1))^T
  = reach_mx (s k) *m (coord_mx (s k))^T *m (trans T)^T.
Proof.
apply/eqP; rewrite -!mulmxA -subr_eq0 -mulmxBr; apply/eqP; apply: (dual kK') => x ax.
have [x' [ax' sx xk]] := next_input ax.
rewrite -(sx _ _ T') mulmxBr !mulmxA -!trmx_mul -pre_next // pre_coord // pre_next //.
by rewrite state_coord ?subrr.
Qed.
End TwoTimes.

End Strong.

(** ** V3: the rank is constant on some window; V5, V6: StrongForm *)
Lemma constant_window N (r : nat -> nat) k1 L :
  (forall k, (k1 <= k < k1 + N.+1 * L)%N -> (r k <= r k.+1)%N) -> (forall k, (r k <= N)%N) ->
  exists2 t, (t <= N)%N & forall k, (k1 + t * L <= k < k1 + t.+1 * L)%N -> r k = r k.+1.
Proof.
move=> up le.
have mono a b : (k1 <= a)%N -> (a <= b)%N -> (b <= k1 + N.+1 * L)%N -> (r a <= r b)%N.
  move=> ka; elim: b => [|b IH]; first by rewrite leqn0 => /eqP->.
  rewrite leq_eqVlt ltnS => /predU1P[->//|ab] bK.
  apply: leq_trans (IH ab (ltnW bK)) (up _ _); by rewrite (leq_trans ka ab).
have [/existsP[t /eqP rt]|] := boolP [exists t : 'I_N.+1, r (k1 + t * L)%N == r (k1 + t.+1 * L)%N].
  exists t; first by rewrite -ltnS.
  have tN : (k1 + t.+1 * L <= k1 + N.+1 * L)%N by rewrite leq_add2l leq_mul2r ltn_ord orbT.
  move=> k /andP[lo hi]; apply/eqP; rewrite eqn_leq up ?(leq_trans (leq_addr _ _) lo) ?(leq_trans hi) //=.
  have h1 : (r k.+1 <= r (k1 + t.+1 * L))%N.
    by apply: mono => //; rewrite leqW // (leq_trans (leq_addr _ _) lo).
  apply: leq_trans h1 _; rewrite -rt; apply: mono => //; first exact: leq_addr.
  exact: leq_trans (ltnW hi) tN.
rewrite negb_exists => /forallP ne; exfalso.
have grow t : (t <= N.+1)%N -> (t <= r (k1 + t * L))%N.
  elim: t => [//|t IH] tN; have lt := ne (Ordinal tN).
  apply: leq_ltn_trans (IH (ltnW tN)) _; rewrite ltn_neqAle lt /=.
  apply: mono; rewrite ?leq_addr // leq_add2l leq_mul2r ?leqnSn ?tN orbT //.
by have := leq_trans (grow N.+1 (leqnn _)) (le _); rewrite ltnn.
Qed.

Section Headline.
Variable R : realFieldType.

Lemma iter_mulmx n q (W : 'M[R]_n) L (A : 'M[R]_(n, q)) :
  iter L (mulmx W) A = iter L (mulmx W) 1%:M *m A.
Proof. by elim: L => [|L IH] /=; rewrite ?mul1mx // IH mulmxA. Qed.

(** ** The strong form of Theorem 3.3, given the independence lemma: phi odd up to a
    constant; a reduced network whose powers of W vanish has no equivalent with orthogonal
    transition, whatever the number of states. *)
Theorem strong_form (phi : R -> R) (c M : R) n m p (T : rnn R n m p) :
  (forall z, phi (- z) = c - phi z) -> independence phi M ->
  (0 < n)%N -> reduced phi M T -> vanishing_powers (trans T) ->
  forall N (T' : rnn R N m p), orthogonal (trans T') -> ~ equivalent phi M T T'.
Proof.
move=> odd IL n0 [[k1 distinct] colC] van N T' oU eqv.
pose e : R := (N * n).+1%:R^-1; have e0 : 0 < e by rewrite invr_gt0 ltr0n.
have e1 : e <= 1 by rewrite invf_le1 ?ltr0n // ler1n.
have [L WL] := van e e0.
pose K := (k1 + N.+1 * L)%N.
pose q k := unit_fun phi (both T T') k.
pose I := [finType of ('I_K.+1 * 'I_(n + N)) * 'I_(n + N)].
apply: (decide_all (Q := fun i : I => constant_fun M (q i.1.1 i.1.2))) => -[b1 h1].
apply: (decide_all (Q := fun i : I => same_fun M (q i.1.1 i.1.2) (q i.1.1 i.2))) => -[b2 h2].
apply: (decide_all (Q := fun i : I => opposite_fun M (q i.1.1 i.1.2) (q i.1.1 i.2))) => -[b3 h3].
pose cst k : pred 'I_(n + N) := fun a => b1 (inord k, a, a).
pose eqp k : rel 'I_(n + N) := fun a b => b2 (inord k, a, b).
pose eqm k : rel 'I_(n + N) := fun a b => b3 (inord k, a, b).
have cP k : (k <= K)%N -> forall a, reflect (constant_fun M (q k a)) (cst k a).
  by move=> kK a; apply: equivP idP _; have := h1 (inord k, a, a); rewrite /= inordK // => -[]; split.
have pP k : (k <= K)%N -> forall a b, reflect (same_fun M (q k a) (q k b)) (eqp k a b).
  by move=> kK a b; apply: equivP idP _; have := h2 (inord k, a, b); rewrite /= inordK // => -[]; split.
have mP k : (k <= K)%N -> forall a b, reflect (opposite_fun M (q k a) (q k b)) (eqm k a b).
  by move=> kK a b; apply: equivP idP _; have := h3 (inord k, a, b); rewrite /= inordK // => -[]; split.
pose s k := sgn R (cst k) (eqp k) (eqm k).
pose V k := reach_mx (s k).
have rU A : \rank (A *m (trans T')^T) = \rank (A : 'M[R]_N).
  by rewrite mxrankMfree // row_free_unit; case: oU => /mulmx1_unit[].
have inv k : (k1 <= k)%N -> (k < K)%N -> (V k *m (trans T')^T <= V k.+1)%MS.
  by move=> _ kK; apply: (invariance odd IL cP pP mP).
have [t tN rk] := @constant_window N (fun k => \rank (V k)) k1 L
  (fun k h => eq_ind _ (fun r => (r <= _)%N) (mxrankS (inv k (proj1 (andP h)) (proj2 (andP h)))) _ (rU (V k)))
  (fun k => rank_leq_row _).
pose k0 := (k1 + t * L)%N.
have win k : (k <= L)%N -> (k1 <= k0 + k <= K)%N.
  move=> kL; rewrite -addnA leq_addr /= leq_add2l (@leq_trans (t.+1 * L)) //.
    by rewrite mulSn addnC leq_add2r.
  by rewrite leq_mul2r ltnS tN orbT.
have facts k : (k <= L)%N -> [/\ (k1 <= k0 + k)%N, (k0 + k <= K)%N &
    forall i, exists j, s (k0 + k)%N (rshift n j) (lshift N i) != 0].
  move=> /win/andP[a b]; split=> //.
  by apply: (met odd IL colC eqv distinct cP pP mP).
have lifts k : (k < L)%N ->
    trans T' *m lift_mx (s (k0 + k)%N) = lift_mx (s (k0 + k).+1) *m trans T.
  move=> kL; have [a b mt] := facts _ (ltnW kL); have := facts _ kL; rewrite addnS => -[a' b' mt'].
  have ow := own distinct cP pP mP a b; have ow' := own distinct cP pP mP a' b'.
  have C := sC cP pP mP b; have C' := sC cP pP mP b'.
  have S := sS (cst := cst) pP mP b; have S' := sS (cst := cst) pP mP b'.
  have Tr := sT cP pP mP b; have Tr' := sT cP pP mP b'.
  apply: (lift_step (V := V (k0 + k)%N) (V' := V (k0 + k).+1) (Pi := coord_mx (s (k0 + k)%N))
           (Pi' := coord_mx (s (k0 + k).+1))).
  - by case: oU.
  - apply/eqmxP; rewrite inv //=; rewrite -(mxrank_leqif_sup (inv _ a b')).2 rU.
    apply/eqP; apply: rk; rewrite leq_addr /= /k0 -addnA ltn_add2l mulSn addnC ltn_add2r //.
  - exact: (lift_reach C Tr mt).
  - exact: (lift_reach C' Tr' mt').
  - exact: (coord_lift C S Tr ow mt).
  - exact: (coord_lift C' S' Tr' ow' mt').
  - by move=> v _; apply: (coord_kernel S mt).
  - by move=> v _; apply: (coord_kernel S' mt').
  - exact: (intertwining odd IL colC eqv distinct cP pP mP).
pose d := delta_mx (Ordinal n0) 0 : 'cV[R]_n.
have h : sqnorm d <= N%:R * sqnorm (iter L (mulmx (trans T)) d).
  apply: (no_decay_lifts (J := fun k => lift_mx (s (k0 + k)%N)) _ (proj1 oU)) => [k kL|k v kL].
    by rewrite addnS lifts.
  have [a b mt] := facts _ kL.
  exact: (lift_bounds (sC cP pP mP b) (sS (cst := cst) pP mP b) (sT cP pP mP b)
            (own distinct cP pP mP a b) mt).
move: h; rewrite iter_mulmx /d -colE -/d; set w := iter _ _ _ => h.
have : (1 : R) < 1; last by rewrite ltxx.
have d1 : sqnorm d = 1.
  rewrite /sqnorm (bigD1 (Ordinal n0)) //= mxE !eqxx expr1n big1 ?addr0 // => l ln.
  by rewrite mxE (negPf ln) expr0n.
rewrite -{1}d1; apply: le_lt_trans h _.
apply: (@le_lt_trans _ _ ((N * n)%:R * e)); last first.
  by rewrite /e ltr_pdivr_mulr ?ltr0n // mul1r ltr_nat.
rewrite natrM -mulrA; apply: ler_wpmul2l; first exact: ler0n.
rewrite -[n in n%:R]card_ord mulr_natl -sumr_const; apply: ler_sum => i _.
rewrite mxE -real_normK ?num_real // expr2.
apply: le_trans (_ : e * 1 <= _); last by rewrite mulr1.
by apply: ler_pmul => //; apply: le_trans (WL _ _) e1.
Qed.

(** ** A contraction over an Archimedean field has vanishing powers. *)
Lemma contraction_pow n (W : 'M[R]_n) rho k (v : 'cV[R]_n) :
  (forall v, sqnorm (W *m v) <= rho ^+ 2 * sqnorm v) ->
  sqnorm (iter k (mulmx W) v) <= (rho ^+ k) ^+ 2 * sqnorm v.
Proof.
move=> h; elim: k => [|k IH]; first by rewrite expr0 expr1n mul1r.
rewrite /= [rho ^+ k.+1]exprS exprMn -mulrA; apply: le_trans (h _) _.
by apply: ler_wpmul2l IH; rewrite sqr_ge0.
Qed.
End Headline.

Section Archimedean.
Variable R : archiFieldType.

(** Bernoulli: the powers of rho < 1 tend to 0. *)
Lemma powers_vanish (rho e : R) : 0 <= rho < 1 -> 0 < e -> exists L, rho ^+ L <= e.
Proof.
move=> /andP[r0 r1] e0; have [->|rn0] := eqVneq rho 0.
  by exists 1%N; rewrite expr1 ltW.
have rp : 0 < rho by rewrite lt_neqAle eq_sym rn0.
pose d := rho^-1 - 1; have d0 : 0 < d by rewrite subr_gt0 invf_gt1.
have bern k : k%:R * d <= rho ^- k.
  apply: (@le_trans _ _ (1 + k%:R * d)); first by rewrite ler_addr ler01.
  have -> : rho ^- k = (1 + d) ^+ k by rewrite /d addrC subrK exprVn.
  elim: k => [|k IH]; first by rewrite mul0r addr0 expr0.
  rewrite exprS; apply: le_trans (ler_wpmul2l _ IH); last by rewrite addr_ge0 ?ler01 ?ltW.
  have -> : (1 + d) * (1 + k%:R * d) = 1 + k.+1%:R * d + k%:R * d ^+ 2.
    by rewrite -addn1 natrD; ring.
  by rewrite ler_addl mulr_ge0 ?ler0n ?sqr_ge0.
pose L := Num.bound (e^-1 / d); exists L.
have : e^-1 / d < L%:R by rewrite archi_boundP // divr_ge0 ?invr_ge0 ?(ltW e0) ?(ltW d0).
rewrite ltr_pdivr_mulr // => h; have {}h := lt_le_trans h (bern L).
by rewrite -[leLHS]invrK -[leRHS]invrK lef_pinv ?posrE ?invr_gt0 ?exprn_gt0 ?ltW.
Qed.

Lemma contraction_vanishing n (W : 'M[R]_n) : contraction W -> vanishing_powers W.
Proof.
case=> rho [r01 h] e e0; have [L rL] := powers_vanish r01 e0; exists L => i j.
have rL0 : 0 <= rho ^+ L by rewrite exprn_ge0 //; case/andP: r01.
apply: le_trans rL; rewrite -(@ler_pexpn2r _ 2) ?nnegrE // real_normK ?num_real //.
pose d := delta_mx j 0 : 'cV[R]_n.
have d1 : sqnorm d = 1.
  rewrite /sqnorm (bigD1 j) //= mxE !eqxx expr1n big1 ?addr0 // => l ln.
  by rewrite mxE (negPf ln) expr0n.
have := contraction_pow L d h; rewrite d1 mulr1; apply: le_trans.
by rewrite (iter_mulmx W L d) -colE; apply: le_trans (sqnorm_ge_coord _ i); rewrite [col _ _ _ _]mxE.
Qed.

(** ** The strong form for contractive networks whose input rows are nonzero and pairwise
    different up to sign, and every unit is read: n = 1 with f c <> 0 is the smallest case. *)
Definition plain n m p (T : rnn R n m p) : Prop :=
  (forall i, row i (inw T) != 0) /\
  (forall i j, i != j -> row i (inw T) != row j (inw T) /\ row i (inw T) != - row j (inw T)) /\
  (forall i, col i (outw T) != 0).

Lemma plain_reduced phi M n m p (T : rnn R n m p) : 0 < M -> plain T -> reduced phi M T.
Proof.
move=> M0 [r0 [rd c0]]; split=> //; exists 0%N => k _.
(* the input of time k alone moves the preactivations by F u, for every small u *)
pose probe (u : 'cV[R]_m) : inputs R m := fun j => if j == k then u else 0.
have pE u i : unit_fun phi T k i (probe u) = unit_fun phi T k i (probe 0) + (inw T *m u) i 0.
  rewrite /unit_fun !preE /probe !eqxx mulmx0 [(0 : 'cV_n) i 0]mxE addr0.
  have -> : prev phi T (probe u) k = prev phi T (probe 0) k.
    rewrite /prev; case: k @probe => // k' probe; apply: state_local => j jk.
    by rewrite /probe ltn_eqF.
  by rewrite addrAC.
have adm u : sqnorm u <= M ^+ 2 -> admissible M (probe u).
  by move=> hu j; rewrite /probe; case: ifP => _ //; rewrite sqnorm0 sqr_ge0.
have test (l : 'rV[R]_m) : l != 0 -> exists2 u : 'cV[R]_m, sqnorm u <= M ^+ 2 & (l *m u) 0 0 != 0.
  move=> ln0; have [j lj] : exists j, l 0 j != 0.
    apply/existsP; apply: contraR ln0; rewrite negb_exists => /forallP h.
    by apply/eqP/rowP=> j; rewrite mxE; apply/eqP; have := h j; rewrite negbK.
  exists (M *: delta_mx j 0); last first.
    by rewrite -scalemxAr mxE -colE mxE mulf_eq0 negb_or gt_eqF.
  rewrite sqnormZ ler_pimulr ?sqr_ge0 // /sqnorm (bigD1 j) //= mxE !eqxx expr1n big1 ?addr0 // => a aj.
  by rewrite mxE (negPf aj) expr0n.
have z0 : sqnorm (0 : 'cV[R]_m) <= M ^+ 2 by rewrite sqnorm0 sqr_ge0.
have rowE i (u : 'cV[R]_m) : (inw T *m u) i 0 = (row i (inw T) *m u) 0 0 by rewrite -row_mul [RHS]mxE.
split=> [i _ h|i j _ _ ij].
  have [u hu] := test _ (r0 i); rewrite -rowE => /eqP; apply.
  by have := h _ _ (adm _ hu) (adm _ z0); rewrite pE => /eqP; rewrite -subr_eq0 addrC addKr => /eqP.
have [d1 d2] := rd _ _ ij; split=> h.
  have [u hu /eqP] : exists2 u : 'cV[R]_m, sqnorm u <= M ^+ 2 & ((row i (inw T) - row j (inw T)) *m u) 0 0 != 0.
    by apply: test; rewrite subr_eq0.
  apply; rewrite mulmxBl mxB -!rowE; have := h _ (adm _ hu); rewrite [LHS]pE [RHS]pE (h _ (adm _ z0)).
  by move/addrI => ->; rewrite subrr.
have [u hu /eqP] : exists2 u : 'cV[R]_m, sqnorm u <= M ^+ 2 & ((row i (inw T) + row j (inw T)) *m u) 0 0 != 0.
  by apply: test; rewrite addr_eq0.
apply; rewrite mulmxDl mxE -!rowE; have := h _ (adm _ hu); rewrite [LHS]pE (pE u j) (h _ (adm _ z0)) opprD.
by move/addrI => ->; rewrite addNr.
Qed.

Theorem strong_form_contractive (phi : R -> R) (c M : R) n m p (T : rnn R n m p) :
  (forall z, phi (- z) = c - phi z) -> independence phi M ->
  (0 < n)%N -> 0 < M -> contraction (trans T) -> plain T ->
  forall N (T' : rnn R N m p), orthogonal (trans T') -> ~ equivalent phi M T T'.
Proof.
move=> odd IL n0 M0 cW pT; apply: (strong_form odd IL n0 (plain_reduced phi M0 pT)).
exact: contraction_vanishing.
Qed.
End Archimedean.
