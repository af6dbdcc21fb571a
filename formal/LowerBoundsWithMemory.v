(** * Lower bounds for networks with F and C of rank n.

    ReLU: N >= n + dim ker W. A slope that is nowhere zero, and singular W: no N at all. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From URNN Require Import Setting FirstOrder DimensionCount DimensionCountWithMemory
  DifferentiablePoints Theorems_3_2_and_3_3.
Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section TightW.
Variable R : realFieldType.

Section Core.
Variables (phi slope : R -> R) (reg : pred R).
Hypothesis phi_cont : forall s, continuous_at phi s.
Hypothesis reg_slope : forall s, reg s -> has_slope phi s (slope s).
Hypothesis isolated :
  forall s, exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> reg (s + t).
Variables (M : R) (n m p N : nat) (T : rnn R n m p) (T' : rnn R N m p).
Variables (lo hi : nat -> 'I_m -> R) (x0 : inputs R m).
Hypothesis box_x0 : box lo hi x0.
Hypothesis box_adm : forall x, box lo hi x -> admissible M x.
Hypothesis box_reg : forall x, box lo hi x -> forall k (i : 'I_n), (k <= N)%N ->
  reg (pre phi T x k i 0) && (slope (pre phi T x k i 0) != 0).
Hypothesis rankF : \rank (inw T) = n.
Hypothesis rankC : \rank (outw T) = n.
Hypothesis unitT : trans T' \in unitmx.
Hypothesis eqvT : equivalent phi M T T'.
Hypothesis n_gt0 : (0 < n)%N.
Hypothesis small_kernel : forall x k,
  (n <= \rank (gain phi slope reg T' x k))%N ->
  (N + \rank (trans T) < \rank (gain phi slope reg T' x k) + n)%N.

Lemma coreW_False : False.
Proof.
apply: (stable_point phi_cont isolated (T := T') (K := N) _ box_x0) => x bx st.
have stT : stable phi reg T N x.
  move=> d sd; apply: near0_imp (box_near bx sd) => t bt.
  have full y : box lo hi y -> pat phi reg T N y = setT.
    move=> hy; apply/setP=> -[k i]; rewrite !inE /=.
    by have /andP[] := box_reg hy i (ltn_ord k : (k <= N)%N).
  by rewrite !full.
pose P := gain phi slope reg T' x; pose Q := gain phi slope reg T x.
have uQ k : (k <= N)%N -> Q k \in unitmx.
  move=> kN; rewrite unitmxE det_diag unitfE; apply/prodf_neq0 => i _; rewrite mxE.
  by have /andP[-> ->] := box_reg bx i kN.
have same d k : (k <= N)%N -> (forall j, (N < j)%N -> d j = 0) ->
    outw T' *m lin (trans T') (inw T') P d k = outw T *m lin (trans T) (inw T) Q d k.
  move=> kN sd; apply/matrixP=> i j; rewrite ord1 {j}.
  have h1 := mulmx_slope (outw T') (state_slope phi_cont reg_slope isolated st sd kN) i.
  have h2 := mulmx_slope (outw T) (state_slope phi_cont reg_slope isolated stT sd kN) i.
  have nr : near0 (fun t => (outw T *m state phi T (shift x d t) k) i 0
                         = (outw T' *m state phi T' (shift x d t) k) i 0).
    apply: near0_imp (box_near bx sd) => t bt.
    by have := eqvT (box_adm bt) k; rewrite /output => ->.
  by have [_ ->] := slope0_uniq h1 (slope0_near nr h2).
have [D hD] := decode rankC same.
apply: (forgetW_False_D unitT uQ rankF hD n_gt0) => k kN.
exact/small_kernel/(rank_gain uQ rankF hD kN).
Qed.
End Core.

(** ReLU: at least n + dim ker W states, if some open box of admissible inputs keeps all
    units of T active at times 0..N. *)
Theorem theorem_3_2_gen (M : R) n m p N (T : rnn R n m p) (T' : rnn R N m p) lo hi x0 :
  box lo hi x0 ->
  (forall x, box lo hi x -> admissible M x /\
     forall k i, (k <= N)%N -> 0 < pre (@relu R) T x k i 0) ->
  \rank (inw T) = n -> \rank (outw T) = n ->
  trans T' \in unitmx -> equivalent (@relu R) M T T' ->
  (n + (n - \rank (trans T)) <= N)%N.
Proof.
move=> b0 act rF rC uT eqv; rewrite leqNgt; apply/negP => lt.
have n0 : (0 < n)%N by rewrite lt0n; apply: contraTneq lt => n0; rewrite -leqNgt {1 2}n0 sub0n.
apply: (coreW_False (@relu_cont R) (@relu_slope R) (@relu_isolated R) b0 _ _ rF rC uT eqv n0).
- by move=> x /act[].
- by move=> x /act[_ h] k i /h h0; rewrite gt_eqF // h0 oner_eq0.
- move=> x k le; rewrite addnC -ltn_subRL; apply: leq_trans lt _.
  have rW : (\rank (trans T) <= n)%N := rank_leq_row _.
  by rewrite -addnBA // leq_add2r.
Qed.

(** Nonzero derivative everywhere: a network with singular W and F, C of rank n has no
    equivalent of any size with invertible transition. *)
Theorem theorem_3_3_singular (phi slope : R -> R) (M : R) n m p (T : rnn R n m p) :
  (forall s, slope s != 0 /\ has_slope phi s (slope s)) -> 0 < M ->
  \rank (inw T) = n -> \rank (outw T) = n -> (\rank (trans T) < n)%N ->
  forall N (T' : rnn R N m p), trans T' \in unitmx -> ~ equivalent phi M T T'.
Proof.
move=> ps M0 rF rC rW N T' uT eqv.
have [mu0 muM] := box_size_ok m M0.
have pc s : continuous_at phi s by have := slope0_cont (ps s).2; apply.
have iso (s : R) : exists2 g, 0 < g & forall t, `|t| <= g -> t != 0 -> xpredT (s + t).
  by exists 1; rewrite ?ltr01.
have b0 : box (fun _ _ => 0) (fun _ _ => box_size M m)
              (fun=> const_mx (box_size M m / 2%:R) : 'cV[R]_m).
  move=> k j; rewrite mxE divr_gt0 ?ltr0n //= ltr_pdivr_mulr ?ltr0n //.
  by rewrite ltr_pmulr // ltr1n.
apply: (coreW_False (slope := slope) (reg := xpredT) pc _ iso b0 _ _ rF rC uT eqv).
- by move=> s _; exact: (ps s).2.
- move=> x; exact: (box_admissible mu0 muM).
- by move=> x _ k i _; rewrite (ps _).1.
- exact: leq_ltn_trans rW.
- move=> x k _; rewrite rank_diag_mx ?ltn_add2l // => i; rewrite mxE /=.
  exact: (ps _).1.
Qed.
End TightW.
