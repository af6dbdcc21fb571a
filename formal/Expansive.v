(** * Expansive networks have no orthogonal equivalent of any size.

    With a non-expansive activation and an orthogonal transition, what the inputs change is
    never amplified. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting Norms Theorem_3_1.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Expansive.
Variable R : rcfType.
Implicit Types (n m p N k : nat) (phi : R -> R).

(** Total change of the inputs up to time k. *)
Definition dist_in m (x x' : inputs R m) k : R := \sum_(j < k.+1) norm (x j - x' j).

Lemma dist_in_ge0 m (x x' : inputs R m) k : 0 <= dist_in x x' k.
Proof. by apply: sumr_ge0 => j _; apply: norm_ge0. Qed.

Lemma norm_orth n (U : 'M[R]_n) (v : 'cV[R]_n) : orthogonal U -> norm (U *m v) = norm v.
Proof. by case=> o _; rewrite /norm sqnorm_orth. Qed.

(** ** The Lipschitz constant of an orthogonal network, the same for all times. *)
Theorem orth_gain phi N m p (T : rnn R N m p) x x' k :
  nonexpansive phi -> orthogonal (trans T) ->
  norm (output phi T x k - output phi T x' k)
  <= Num.sqrt (frob (outw T)) * Num.sqrt (frob (inw T)) * dist_in x x' k.
Proof.
move=> ne o; rewrite /output -mulmxBr -mulrA.
apply: le_trans (norm_mulmx _ _) _; apply: ler_wpmul2l; first exact: sqrtr_ge0.
set f := Num.sqrt _.
have step (h h' : 'cV[R]_N) (u u' : 'cV[R]_m) :
    norm (map_mx phi (trans T *m h + inw T *m u + bias T)
          - map_mx phi (trans T *m h' + inw T *m u' + bias T))
    <= norm (h - h') + f * norm (u - u').
  apply: le_trans (norm_nonexp _ _ ne) _.
  have -> : trans T *m h + inw T *m u + bias T - (trans T *m h' + inw T *m u' + bias T)
     = trans T *m (h - h') + inw T *m (u - u').
    by rewrite opprD addrACA subrr addr0 opprD addrACA !mulmxBr.
  apply: le_trans (normvD _ _) _.
  by rewrite (norm_orth _ o) ler_add2l norm_mulmx.
elim: k => [|k IH].
  rewrite /dist_in big_ord_recr big_ord0 /= add0r.
  by apply: le_trans (step _ _ _ _) _; rewrite subrr norm0 add0r.
rewrite /dist_in big_ord_recr /= mulrDr.
by apply: le_trans (step _ _ _ _) _; rewrite ler_add2r.
Qed.

(** ** If changes of bounded total size change the output without bound, no orthogonal
    network of any size stays within any finite distance. *)
Theorem expansive_not_close phi (M S : R) n m p (T : rnn R n m p) :
  nonexpansive phi ->
  (forall K, exists x x' k, [/\ admissible M x, admissible M x', dist_in x x' k <= S &
                            K < norm (output phi T x k - output phi T x' k)]) ->
  forall N (T' : rnn R N m p), orthogonal (trans T') ->
  forall eps, 0 <= eps -> ~ close phi M eps T T'.
Proof.
move=> ne un N T' o eps e0 cl.
pose L := Num.sqrt (frob (outw T')) * Num.sqrt (frob (inw T')).
have L0 : 0 <= L by rewrite mulr_ge0 ?sqrtr_ge0.
have [x [x' [k [ax ax' dS]]]] := un (eps + eps + L * S).
apply/negP; rewrite -leNgt.
rewrite -(subrK (output phi T' x k) (output phi T x k)) -addrA.
apply: le_trans (normvD _ _) _; rewrite -addrA; apply: ler_add.
  by rewrite -norm_leb //; apply: cl.
rewrite -(subrK (output phi T' x' k) (output phi T' x k)) -addrA addrC.
apply: le_trans (normvD _ _) _; apply: ler_add.
  by rewrite -normvN opprB -norm_leb //; apply: cl.
apply: le_trans (orth_gain x x' k ne o) _.
by apply: ler_wpmul2l.
Qed.

(** ** Gain form: outputs differ without bound relative to the change of the inputs. *)
Theorem expansive_not_equivalent phi (M : R) n m p (T : rnn R n m p) :
  nonexpansive phi ->
  (forall K, exists x x' k, [/\ admissible M x, admissible M x' &
       K * dist_in x x' k < norm (output phi T x k - output phi T x' k)]) ->
  forall N (T' : rnn R N m p), orthogonal (trans T') -> ~ equivalent phi M T T'.
Proof.
move=> ne un N T' o eqv.
have [x [x' [k [ax ax']]]] := un (Num.sqrt (frob (outw T')) * Num.sqrt (frob (inw T'))).
by apply/negP; rewrite -leNgt !eqv // orth_gain.
Qed.

(** ** Usable form: nonnegative W, F, b with C W^k F unbounded. *)
Definition nonneg_mx n m (A : 'M[R]_(n, m)) : Prop := forall i j, 0 <= A i j.

Lemma nonneg_mulmx n m q (A : 'M[R]_(n, m)) (B : 'M[R]_(m, q)) :
  nonneg_mx A -> nonneg_mx B -> nonneg_mx (A *m B).
Proof. by move=> a b i j; rewrite mxE; apply: sumr_ge0 => l _; rewrite mulr_ge0. Qed.

Lemma nonneg_addmx n m (A B : 'M[R]_(n, m)) :
  nonneg_mx A -> nonneg_mx B -> nonneg_mx (A + B).
Proof. by move=> a b i j; rewrite mxE addr_ge0. Qed.

Lemma relu_nonneg n (v : 'cV[R]_n) : nonneg_mx v -> map_mx (@relu R) v = v.
Proof. by move=> v0; apply/matrixP=> i j; rewrite mxE /relu; apply/max_idPr. Qed.

Definition pulse m (u : 'cV[R]_m) : inputs R m := fun k => if k == 1%N then u else 0.

Theorem expansive_nonneg (M : R) n m p (T : rnn R n m p) (i : 'I_p) (j : 'I_m) : 0 < M ->
  nonneg_mx (trans T) -> nonneg_mx (inw T) -> nonneg_mx (bias T) ->
  (forall K, exists k, K < `|(outw T *m iter k (mulmx (trans T)) (inw T)) i j|) ->
  forall N (T' : rnn R N m p), orthogonal (trans T') ->
  forall eps, 0 <= eps -> ~ close (@relu R) M eps T T'.
Proof.
move=> M0 W0 F0 b0 un; apply: (@expansive_not_close _ M M); first exact: relu_nonexp.
pose u : 'cV[R]_m := M *: delta_mx j 0.
have u0 : nonneg_mx u by move=> a b; rewrite !mxE mulr_ge0 ?ler0n // ltW.
have nu : sqnorm u = M ^+ 2.
  rewrite sqnormZ /sqnorm (bigD1 j) //= mxE !eqxx expr1n big1 ?addr0 ?mulr1 // => l lj.
  by rewrite mxE (negPf lj) expr0n.
have adm v : sqnorm v <= M ^+ 2 -> admissible M (pulse v).
  by move=> h k; rewrite /pulse; case: ifP => // _; rewrite sqnorm0 exprn_ge0 // ltW.
have pos v k : nonneg_mx v -> nonneg_mx (pulse v k).
  by move=> v0; rewrite /pulse; case: ifP => // _ a b; rewrite mxE.
pose s v k := state (@relu R) T (pulse v) k.
have s0 v k : nonneg_mx (s v k).
  by case: k => [|k] a b; rewrite /s /= mxE /relu le_maxr lexx.
have sS v k : nonneg_mx v -> s v k.+1 = trans T *m s v k + inw T *m pulse v k.+1 + bias T.
  move=> v0; rewrite {1}/s /= relu_nonneg // -/(s v k).
  by do 2 (apply: nonneg_addmx => //; rewrite -?/(nonneg_mx _)); apply: nonneg_mulmx => //; apply: pos.
have z0 : nonneg_mx (0 : 'cV[R]_m) by move=> a b; rewrite mxE.
have diff k : s u k.+1 - s 0 k.+1 = iter k (mulmx (trans T)) (inw T *m u).
  elim: k => [|k IH]; rewrite (sS u) // (sS 0) // opprD addrACA subrr addr0 opprD addrACA -mulmxBr -mulmxBr.
    by rewrite /s /= subrr mulmx0 add0r /pulse /= subr0.
  by rewrite IH /pulse /= subrr mulmx0 addr0.
have itE k : iter k (mulmx (trans T)) (inw T *m u) = iter k (mulmx (trans T)) (inw T) *m u.
  by elim: k => [|k IH] //=; rewrite IH mulmxA.
move=> K; have [k kK] := un (K / M).
exists (pulse u), (pulse 0), k.+1; split; first by apply: adm; rewrite nu.
- by apply: adm; rewrite sqnorm0 exprn_ge0 // ltW.
- have one : norm (u - 0) <= M by rewrite subr0 -norm_leb ?(ltW M0) // nu.
  rewrite /dist_in (bigD1 (Ordinal (isT : 1 < k.+2)%N)) //= big1 ?addr0 // => l l1.
  rewrite /pulse; case: eqP => [e|_]; last by rewrite subrr norm0.
  by case/eqP: l1; apply: val_inj.
rewrite /output -mulmxBr -/(s u k.+1) -/(s 0 k.+1) diff itE mulmxA.
apply: lt_le_trans (norm_coord _ i).
rewrite /u -scalemxAr mxE -colE mxE normrM gtr0_norm // mulrC -ltr_pdivr_mulr //.
Qed.

(** ** One unit, w > 1: no orthogonal network of any size, not even within a finite
    distance. (The first hypothesis holds for w > 1 in every Archimedean field.) *)
Corollary expansive_scalar (M : R) (T : rnn R 1 1 1) : 0 < M ->
  (forall K, exists k, K < trans T 0 0 ^+ k) -> 0 <= trans T 0 0 ->
  0 < inw T 0 0 -> 0 <= bias T 0 0 -> outw T 0 0 != 0 ->
  forall N (T' : rnn R N 1 1), orthogonal (trans T') ->
  forall eps, 0 <= eps -> ~ close (@relu R) M eps T T'.
Proof.
move=> M0 un w0 f0 b0 c0; have nn (A : 'M[R]_1) : 0 <= A 0 0 -> nonneg_mx A.
  by move=> a i j; rewrite !ord1.
apply: (expansive_nonneg (i := 0) (j := 0)) => //; try by apply: nn; rewrite // ltW.
move=> K; have cf : 0 < `|outw T 0 0| * inw T 0 0 by rewrite mulr_gt0 ?normr_gt0.
have [k kK] := un (K / (`|outw T 0 0| * inw T 0 0)); exists k.
have itE : iter k (mulmx (trans T)) (inw T) 0 0 = trans T 0 0 ^+ k * inw T 0 0.
  elim: k {kK} => [|k IH]; first by rewrite mul1r.
  by rewrite [iter _ _ _]/= mxE big_ord1 IH exprS mulrA.
rewrite mxE big_ord1 itE normrM (ger0_norm (mulr_ge0 _ _)) ?exprn_ge0 ?(ltW f0) //.
by rewrite mulrCA -ltr_pdivr_mulr.
Qed.
End Expansive.

(** Powers of w > 1 in an Archimedean field. *)
Lemma powers_unbounded (R : archiFieldType) (w : R) : 1 < w -> forall K, exists k, K < w ^+ k.
Proof.
move=> w1 K; have d0 : 0 < w - 1 by rewrite subr_gt0.
have bern k : 1 + k%:R * (w - 1) <= w ^+ k.
  elim: k => [|k IH]; first by rewrite mul0r addr0.
  rewrite exprS; apply: (@le_trans _ _ (w * (1 + k%:R * (w - 1)))); last first.
    by rewrite ler_pmul2l // (lt_trans ltr01).
  rewrite -subr_ge0; have -> : w * (1 + k%:R * (w - 1)) - (1 + k.+1%:R * (w - 1)) = k%:R * (w - 1) ^+ 2.
    by rewrite -addn1 natrD; move: (k%:R : R) => a; ring.
  by rewrite mulr_ge0 ?ler0n ?sqr_ge0.
exists (Num.bound (K / (w - 1))); apply: lt_le_trans (bern _).
rewrite -[X in X < _]add0r ltr_le_add ?ltr01 //.
have [K0|K0] := leP 0 K; last by apply: le_trans (ltW K0) _; rewrite mulr_ge0 ?ler0n ?ltW.
by rewrite -ler_pdivr_mulr // ltW // archi_boundP // divr_ge0 // ltW.
Qed.
